// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonTree.Literal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads a profile from the tree of its file, and says what is wrong with it. */
final class ProfileReader {
    private static final Pattern PATH = Pattern.compile(
            "[^.\\[\\]*\\s]+(\\[\\])*\\*?(\\.[^.\\[\\]*\\s]+(\\[\\])*\\*?)*");
    private static final Set<String> ACTIONS = Arrays.stream(Action.values()).map(Action::key)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    private static final Set<String> MODIFIERS = Set.of("field", "fields", "of", "is", "where", "within", "param",
            "expected", "code", "loose", "refuses_null", "side");

    private final String name;
    private final Map<String, Object> fields;
    private final Map<String, Profile> known;

    ProfileReader(String name, Map<String, Object> fields, Map<String, Profile> known) {
        this.name = name;
        this.fields = fields;
        this.known = known;
    }

    Profile read() {
        only(fields, Set.of("summary", "extends", "paths", "answers", "streams_by_default", "rules"), "");
        String parent = fields.containsKey("extends") ? text(fields.get("extends"), "extends") : null;
        Profile base = parent == null ? null : known.get(parent);
        if (parent != null && base == null) {
            throw wrong("extends", "'" + parent + "', which is no profile", "one of " + known.keySet());
        }
        List<Rule> rules = new ArrayList<>(base == null ? List.of() : base.rules());
        int row = 0;
        List<Rule> own = new ArrayList<>();
        for (Object rule : list(fields.get("rules"), "rules")) {
            own.addAll(rules(map(rule, "rules[" + row + ']'), "rules[" + row + "]."));
            row++;
        }
        Profile profile = new Profile(name, text(fields.getOrDefault("summary", ""), "summary"), parent,
                paths(), answers(base),
                fields.containsKey("streams_by_default") ? Literal.TRUE.equals(fields.get("streams_by_default"))
                        : base != null && base.streamsByDefault(), merge(rules, own));
        checkTogether(profile.rules());
        try {
            RuleTable.of(profile, profile);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("profile " + name + ": " + e.getMessage(), e);
        }
        return profile;
    }

    /** What would make a member twice, or lose text. */
    private void checkTogether(List<Rule> rules) {
        Set<String> targets = new HashSet<>();
        boolean joins = rules.stream().anyMatch(rule -> rule.action() == Action.MESSAGES
                || rule.action() == Action.HOIST);
        for (Rule rule : rules) {
            if (rule.action() == Action.RENAME) {
                String parent = rule.field().substring(0, rule.field().lastIndexOf('.') + 1);
                if (!targets.add(parent + rule.argument())) {
                    throw wrong("rename", "two fields to " + rule.argument(), "one");
                }
                if (joins && Set.of("instructions", "input", "messages").contains(rule.argument())) {
                    throw wrong("rename", "to " + rule.argument() + " beside messages or hoist", "another name");
                }
            }
            boolean isGone = rule.action() == Action.DROP || rule.action() == Action.SET;
            if (joins && isGone && "instructions".equals(rule.field())) {
                throw wrong(rule.action().key(), "of instructions beside messages or hoist", "another field");
            }
        }
    }

    private Profile.Answers answers(Profile base) {
        if (!fields.containsKey("answers")) {
            return base == null ? Profile.Answers.AS_ASKED : base.answers();
        }
        return constant(Profile.Answers.class, fields.get("answers"), "answers");
    }

    private List<String> paths() {
        List<String> paths = texts(fields.get("paths"), "paths");
        for (String path : paths) {
            if (path == null || !path.matches("(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")) {
                throw wrong("paths", "'" + path + "'", "a prefix such as /api/v1");
            }
        }
        return paths;
    }

    /** Rows of a field take the place of all inherited rows of that field. */
    private static List<Rule> merge(List<Rule> inherited, List<Rule> own) {
        List<Rule> merged = new ArrayList<>();
        Set<String> replaced = new LinkedHashSet<>();
        for (Rule rule : inherited) {
            List<Rule> instead = rule.field() == null ? List.of()
                    : own.stream().filter(o -> rule.field().equals(o.field())).toList();
            if (instead.isEmpty()) {
                merged.add(rule);
            } else if (replaced.add(rule.field())) {
                merged.addAll(instead);
            }
        }
        own.stream().filter(rule -> rule.field() == null || !replaced.contains(rule.field())).forEach(merged::add);
        merged.removeIf(rule -> rule.action() == Action.KEEP);
        return merged;
    }

    private List<Rule> rules(Map<String, Object> row, String at) {
        Set<String> actions = new LinkedHashSet<>(row.keySet());
        actions.retainAll(ACTIONS);
        Set<String> unknown = new LinkedHashSet<>(row.keySet());
        unknown.removeAll(ACTIONS);
        unknown.removeAll(MODIFIERS);
        if (!unknown.isEmpty()) {
            throw wrong(at + unknown.iterator().next(), "unknown", "one of " + MODIFIERS + " or of " + ACTIONS);
        }
        if (actions.size() != 1) {
            throw wrong(at.substring(0, at.length() - 1), actions.size() + " actions", "exactly one of " + ACTIONS);
        }
        String key = actions.iterator().next();
        Action action = Action.valueOf(key.toUpperCase(Locale.ROOT));
        List<String> paths = row.containsKey("fields") ? texts(row.get("fields"), at + "fields")
                : row.containsKey("field") ? List.of(text(row.get("field"), at + "field")) : List.of();
        boolean isAboutSeveral = action == Action.ONE_OF || action == Action.TOGETHER;
        if (paths.isEmpty() != isAboutSeveral) {
            throw wrong(at + "field", paths.isEmpty() ? "missing" : "given", isAboutSeveral
                    ? "none: the action names its fields" : "a path such as reasoning.effort or tools[].type");
        }
        paths.forEach(path -> checkPath(path, at + "field"));
        Object argument = argument(action, row.get(key), at + key);
        if (isAboutSeveral) {
            return List.of(rule(null, action, argument, row, at));
        }
        return paths.stream().map(path -> rule(checked(path, action, at + key), action, argument, row, at)).toList();
    }

    private String checked(String path, Action action, String at) {
        boolean isTopLevelOnly = action == Action.DEFAULT || action == Action.MOVE || action == Action.REQUIRED;
        if (isTopLevelOnly && path.contains("[")) {
            throw wrong(at, "for " + path, "a field that is in no array");
        }
        if (action == Action.DEFAULT && path.contains(".")) {
            throw wrong(at, "for " + path, "a top-level field");
        }
        return path;
    }

    /** Modifiers that would be ignored are mistakes. */
    private void checkModifiers(String path, Action action, Map<String, Object> row, String at) {
        boolean hasNoValue = EnumSet.of(Action.WRAP, Action.RENAME, Action.MOVE, Action.DEFAULT, Action.REQUIRED,
                Action.ONE_OF, Action.TOGETHER).contains(action);
        if (hasNoValue && row.containsKey("is")) {
            throw wrong(at + "is", "beside " + action.key(), "none: this action does not look at the value");
        }
        boolean isUnconditional = EnumSet.of(Action.DEFAULT, Action.REQUIRED, Action.ONE_OF, Action.TOGETHER,
                Action.APART, Action.MOVE).contains(action);
        if (isUnconditional && row.containsKey("where")) {
            throw wrong(at + "where", "beside " + action.key(), "none: this action has no conditions");
        }
        if (row.containsKey("within") && (path == null || !path.contains("*"))) {
            throw wrong(at + "within", "without a nested path", "a path such as tools[]*.type");
        }
        if (action == Action.RENAME && path.endsWith("]")) {
            throw wrong(at + action.key(), "of an element", "a member");
        }
        if (row.get("param") instanceof String param && path != null
                && param.split("\\{i}", -1).length > path.split("\\[", -1).length) {
            throw wrong(at + "param", "more {i} than the path has arrays", "at most one for each []");
        }
    }

    private Rule rule(String path, Action action, Object argument, Map<String, Object> row, String at) {
        checkModifiers(path, action, row, at);
        String expected = row.containsKey("expected") ? text(row.get("expected"), at + "expected") : null;
        if (action == Action.REFUSE && argument instanceof String words) {
            expected = words;
        }
        boolean isAboutRequest = Literal.NULL.equals(row.get("param"));
        String param = row.containsKey("param") && !isAboutRequest ? text(row.get("param"), at + "param") : null;
        return new Rule(path, action, argument, kinds(row.get("of"), at + "of"),
                texts(row.get("is"), at + "is"), conditions(row.get("where"), at + "where."),
                texts(row.get("within"), at + "within"), param, isAboutRequest, expected, code(row, at),
                Literal.TRUE.equals(row.get("loose")), Literal.TRUE.equals(row.get("refuses_null")),
                row.containsKey("side") ? constant(Rule.Side.class, row.get("side"), at + "side") : Rule.Side.BOTH);
    }

    private ErrorCode code(Map<String, Object> row, String at) {
        if (!row.containsKey("code")) {
            return ErrorCode.DOWNSTREAM_FIELD_REFUSED;
        }
        String wanted = text(row.get("code"), at + "code");
        List<ErrorCode> codes = Arrays.stream(ErrorCode.values()).filter(code -> code.status() == 400).toList();
        return codes.stream().filter(code -> code.code().equals(wanted)).findFirst().orElseThrow(() ->
                wrong(at + "code", "'" + wanted + "'", "one of " + codes.stream().map(ErrorCode::code).toList()));
    }

    private Object argument(Action action, Object value, String at) {
        return switch (action) {
            case KINDS -> kinds(value, at);
            case VALUES -> nonEmpty(texts(value, at), at);
            case ONE_OF, TOGETHER -> fieldNames(value, at);
            case WRAP -> pair(value, at);
            case APART -> list(value, at).stream().map(group -> nonEmpty(texts(group, at), at)).toList();
            case RANGE -> range(list(value, at), at);
            case MAP -> textMap(value, at);
            case RENAME -> name(text(value, at), at);
            case MOVE -> value instanceof Map ? move(map(value, at), at) : Map.of("to", target(value, at));
            case SUFFIXES -> suffixes(value, at);
            case MODEL_NAME -> modelName(value, at);
            case SET, DEFAULT -> value;
            case REFUSE -> value instanceof String ? value : flag(value, at);
            default -> flag(value, at);
        };
    }

    private List<String> fieldNames(Object value, String at) {
        List<String> names = texts(value, at);
        names.forEach(name -> path(text(name, at), at));
        if (names.size() < 2) {
            throw wrong(at, names.size() + " fields", "at least two");
        }
        return names;
    }

    private List<String> pair(Object value, String at) {
        List<String> texts = texts(value, at);
        if (texts.size() != 2 || texts.contains(null)) {
            throw wrong(at, texts.size() + " texts", "what goes before and what goes after");
        }
        return texts;
    }

    /** A top-level field, or a member of one. */
    private String target(Object value, String at) {
        String path = path(text(value, at), at);
        if (path.contains("[") || path.indexOf('.') != path.lastIndexOf('.')) {
            throw wrong(at, "'" + path + "'", "a top-level field or a member of one");
        }
        return path;
    }

    private Object suffixes(Object value, String at) {
        map(value, at).forEach((suffix, meaning) -> map(meaning, at + '.' + suffix).keySet()
                .forEach(field -> target(field, at + '.' + suffix)));
        return value;
    }

    private Object modelName(Object value, String at) {
        Map<String, Object> argument = map(value, at);
        only(argument, Set.of("prefix", "replace"), at + '.');
        if (argument.containsKey("prefix")) {
            text(argument.get("prefix"), at + ".prefix");
        }
        if (argument.containsKey("replace")) {
            textMap(argument.get("replace"), at + ".replace");
        }
        return value;
    }

    private Object move(Map<String, Object> argument, String at) {
        only(argument, Set.of("to", "map"), at + '.');
        Map<String, Object> move = new LinkedHashMap<>();
        move.put("to", target(argument.get("to"), at + ".to"));
        if (argument.containsKey("map")) {
            move.put("map", textMap(argument.get("map"), at + ".map"));
        }
        return move;
    }

    private Map<String, String> textMap(Object value, String at) {
        Map<String, String> map = new LinkedHashMap<>();
        map(value, at).forEach((from, to) -> map.put(from, text(to, at + '.' + from)));
        return map;
    }

    private List<Double> range(List<Object> bounds, String at) {
        if (bounds.size() != 2) {
            throw wrong(at, bounds.size() + " bounds", "[lowest, highest], null for none");
        }
        List<Double> range = new ArrayList<>();
        for (Object bound : bounds) {
            try {
                range.add(Literal.NULL.equals(bound) ? null : Double.valueOf(((Literal) bound).text()));
            } catch (ClassCastException | NumberFormatException e) {
                throw wrong(at, "a bound that is no number", "[lowest, highest], null for none");
            }
        }
        return range;
    }

    private List<Condition> conditions(Object value, String at) {
        if (value == null) {
            return List.of();
        }
        List<Condition> conditions = new ArrayList<>();
        map(value, at).forEach((key, demanded) -> {
            int space = key.indexOf(' ');
            Condition.Mode mode = space < 0 ? Condition.Mode.IN
                    : constant(Condition.Mode.class, key.substring(0, space), at + key);
            String path = path(key.substring(space + 1), at + key);
            conditions.add(new Condition(path, mode, texts(demanded, at + key)));
        });
        return conditions;
    }

    private Set<JsonKind> kinds(Object value, String at) {
        Set<JsonKind> kinds = EnumSet.noneOf(JsonKind.class);
        for (String kind : value instanceof String one ? List.of(one) : texts(value, at)) {
            switch (kind) {
                case "boolean" -> kinds.addAll(List.of(JsonKind.TRUE, JsonKind.FALSE));
                default -> kinds.add(constant(JsonKind.class, kind, at));
            }
        }
        return kinds;
    }

    private String path(String path, String at) {
        checkPath(path, at);
        return path;
    }

    private void checkPath(String path, String at) {
        if (!PATH.matcher(path).matches()) {
            throw wrong(at, "'" + path + "'", "a path such as reasoning.effort or tools[].type");
        }
    }

    private String name(String text, String at) {
        if (text.isEmpty() || text.contains(".") || text.contains("[")) {
            throw wrong(at, "'" + text + "'", "a name, not a path");
        }
        return text;
    }

    private <T extends Enum<T>> T constant(Class<T> type, Object value, String at) {
        String text = text(value, at);
        try {
            return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw wrong(at, "'" + text + "'", "one of " + Arrays.stream(type.getEnumConstants())
                    .map(c -> c.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", ")));
        }
    }

    private Object flag(Object value, String at) {
        if (!Literal.TRUE.equals(value)) {
            throw wrong(at, "another value", "true");
        }
        return value;
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> map(Object value, String at) {
        if (!(value instanceof Map)) {
            throw wrong(at, "another value", "names with values");
        }
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    private List<Object> list(Object value, String at) {
        if (value != null && !(value instanceof List)) {
            throw wrong(at, "another value", "a list");
        }
        return value == null ? List.of() : (List<Object>) value;
    }

    private <T> List<T> nonEmpty(List<T> list, String at) {
        if (list.isEmpty()) {
            throw wrong(at, "empty", "at least one value");
        }
        return list;
    }

    /** Strings; booleans by their word, null as null. */
    private List<String> texts(Object value, String at) {
        List<String> texts = new ArrayList<>();
        for (Object element : list(value, at)) {
            texts.add(Literal.NULL.equals(element) ? null : element instanceof Literal literal ? literal.text()
                    : text(element, at));
        }
        return texts;
    }

    private String text(Object value, String at) {
        if (!(value instanceof String text)) {
            throw wrong(at, value == null ? "missing" : "another value", "a text");
        }
        return text;
    }

    private void only(Map<String, Object> map, Set<String> names, String at) {
        for (String key : map.keySet()) {
            if (!names.contains(key)) {
                throw wrong(at + key, "unknown", "one of " + names);
            }
        }
    }

    private IllegalArgumentException wrong(String at, String found, String expected) {
        return new IllegalArgumentException("profile " + name + ": " + at + ": " + found + " (expected: " + expected
                + ")");
    }
}
