// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonTree.Literal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A reader of the rules in the file of a profile, which reports the first mistake in one. */
final class RuleReader {
    private static final Pattern PATH = Pattern.compile(
            "[^.\\[\\]*\\s]+(\\[\\])*\\*?(\\.[^.\\[\\]*\\s]+(\\[\\])*\\*?)*");
    private static final Set<String> ACTIONS = Arrays.stream(Action.values()).map(Action::key)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    private static final Set<String> MODIFIERS = Set.of("field", "fields", "of", "is", "where", "within", "param",
            "expected", "code", "loose", "refuses_null", "side");

    private final TreeReader tree;

    RuleReader(TreeReader tree) {
        this.tree = tree;
    }

    /**
     * Reads one entry of the file.
     *
     * @param row the members of the entry
     * @param at  the path of the entry with a trailing dot, for messages
     * @return one rule for each field of the entry; a single rule if the action names the fields itself
     */
    List<Rule> rules(Map<String, Object> row, String at) {
        Set<String> actions = new LinkedHashSet<>(row.keySet());
        actions.retainAll(ACTIONS);
        Set<String> unknown = new LinkedHashSet<>(row.keySet());
        unknown.removeAll(ACTIONS);
        unknown.removeAll(MODIFIERS);
        if (!unknown.isEmpty()) {
            throw tree.wrong(at + unknown.iterator().next(), "unknown", "one of " + MODIFIERS + " or of " + ACTIONS);
        }
        if (actions.size() != 1) {
            throw tree.wrong(at.substring(0, at.length() - 1), actions.size() + " actions",
                    "exactly one of " + ACTIONS);
        }
        String key = actions.iterator().next();
        Action action = Action.valueOf(key.toUpperCase(Locale.ROOT));
        List<String> paths = row.containsKey("fields") ? tree.texts(row.get("fields"), at + "fields")
                : row.containsKey("field") ? List.of(tree.text(row.get("field"), at + "field")) : List.of();
        boolean isAboutSeveral = action == Action.ONE_OF || action == Action.TOGETHER;
        if (paths.isEmpty() != isAboutSeveral) {
            throw tree.wrong(at + "field", paths.isEmpty() ? "missing" : "given", isAboutSeveral
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
            throw tree.wrong(at, "for " + path, "a field outside arrays");
        }
        if (action == Action.LAST && !path.contains("[].")) {
            throw tree.wrong(at, "for " + path, "a member of the elements of an array");
        }
        if (action == Action.DEFAULT && path.contains(".")) {
            throw tree.wrong(at, "for " + path, "a top-level field");
        }
        return path;
    }

    /** Refuses modifiers that the action would ignore. */
    private void checkModifiers(String path, Action action, Map<String, Object> row, String at) {
        boolean hasNoValue = EnumSet.of(Action.WRAP, Action.RENAME, Action.MOVE, Action.DEFAULT, Action.REQUIRED,
                Action.ONE_OF, Action.TOGETHER).contains(action);
        if (hasNoValue && row.containsKey("is")) {
            throw tree.wrong(at + "is", "given with " + action.key(), "none: this action ignores the value");
        }
        boolean isUnconditional = EnumSet.of(Action.DEFAULT, Action.REQUIRED, Action.ONE_OF, Action.TOGETHER,
                Action.APART, Action.MOVE).contains(action);
        if (isUnconditional && row.containsKey("where")) {
            throw tree.wrong(at + "where", "given with " + action.key(), "none: this action has no conditions");
        }
        if (row.containsKey("within") && (path == null || !path.contains("*"))) {
            throw tree.wrong(at + "within", "without a nested path", "a path such as tools[]*.type");
        }
        if (action == Action.RENAME && path.endsWith("]")) {
            throw tree.wrong(at + action.key(), "an array element", "a member");
        }
        if (row.get("param") instanceof String param && path != null
                && param.split("\\{i}", -1).length > path.split("\\[", -1).length) {
            throw tree.wrong(at + "param", "more {i} than arrays in the path", "at most one for each []");
        }
    }

    private Rule rule(String path, Action action, Object argument, Map<String, Object> row, String at) {
        checkModifiers(path, action, row, at);
        String expected = row.containsKey("expected") ? tree.text(row.get("expected"), at + "expected") : null;
        if (action == Action.REFUSE && argument instanceof String words) {
            expected = words;
        }
        boolean isAboutRequest = Literal.NULL.equals(row.get("param"));
        String param = row.containsKey("param") && !isAboutRequest ? tree.text(row.get("param"), at + "param") : null;
        return new Rule(path, action, argument, kinds(row.get("of"), at + "of"),
                tree.texts(row.get("is"), at + "is"), conditions(row.get("where"), at + "where."),
                tree.texts(row.get("within"), at + "within"), param, isAboutRequest, expected, code(row, at),
                Literal.TRUE.equals(row.get("loose")), Literal.TRUE.equals(row.get("refuses_null")),
                row.containsKey("side") ? tree.constant(Rule.Side.class, row.get("side"), at + "side")
                        : Rule.Side.BOTH);
    }

    private ErrorCode code(Map<String, Object> row, String at) {
        if (!row.containsKey("code")) {
            return ErrorCode.DOWNSTREAM_FIELD_REFUSED;
        }
        String wanted = tree.text(row.get("code"), at + "code");
        List<ErrorCode> codes = Arrays.stream(ErrorCode.values()).filter(code -> code.status() == 400).toList();
        return codes.stream().filter(code -> code.code().equals(wanted)).findFirst().orElseThrow(() ->
                tree.wrong(at + "code", "'" + wanted + "'", "one of " + codes.stream().map(ErrorCode::code).toList()));
    }

    private Object argument(Action action, Object value, String at) {
        return switch (action) {
            case KINDS -> kinds(value, at);
            case VALUES, LAST -> tree.nonEmpty(tree.texts(value, at), at);
            case ONE_OF, TOGETHER -> fieldNames(value, at);
            case WRAP -> pair(value, at);
            case APART -> tree.list(value, at).stream().map(group -> tree.nonEmpty(tree.texts(group, at), at)).toList();
            case RANGE -> range(tree.list(value, at), at);
            case MAP -> textMap(value, at);
            case RENAME -> name(tree.text(value, at), at);
            case MOVE -> value instanceof Map ? move(tree.map(value, at), at) : Map.of("to", target(value, at));
            case SUFFIXES -> suffixes(value, at);
            case MODEL_NAME -> modelName(value, at);
            case SET, DEFAULT -> value;
            case STRICT_SCHEMA -> "closed".equals(value) ? value : tree.flag(value, at);
            case REFUSE -> value instanceof String ? value : tree.flag(value, at);
            default -> tree.flag(value, at);
        };
    }

    private List<String> fieldNames(Object value, String at) {
        List<String> names = tree.texts(value, at);
        names.forEach(name -> path(tree.text(name, at), at));
        if (names.size() < 2) {
            throw tree.wrong(at, names.size() + " fields", "at least two");
        }
        return names;
    }

    private List<String> pair(Object value, String at) {
        List<String> texts = tree.texts(value, at);
        if (texts.size() != 2 || texts.contains(null)) {
            throw tree.wrong(at, texts.size() + " strings", "the text before and the text after the value");
        }
        return texts;
    }

    /** Returns a path that must name a top-level field or a member of one. */
    private String target(Object value, String at) {
        String path = path(tree.text(value, at), at);
        if (path.contains("[") || path.indexOf('.') != path.lastIndexOf('.')) {
            throw tree.wrong(at, "'" + path + "'", "a top-level field or a member of one");
        }
        return path;
    }

    private Object suffixes(Object value, String at) {
        tree.map(value, at).forEach((suffix, meaning) -> tree.map(meaning, at + '.' + suffix).keySet()
                .forEach(field -> target(field, at + '.' + suffix)));
        return value;
    }

    private Object modelName(Object value, String at) {
        Map<String, Object> argument = tree.map(value, at);
        tree.only(argument, Set.of("prefix", "replace"), at + '.');
        if (argument.containsKey("prefix")) {
            tree.text(argument.get("prefix"), at + ".prefix");
        }
        if (argument.containsKey("replace")) {
            textMap(argument.get("replace"), at + ".replace");
        }
        return value;
    }

    private Object move(Map<String, Object> argument, String at) {
        tree.only(argument, Set.of("to", "map"), at + '.');
        Map<String, Object> move = new LinkedHashMap<>();
        move.put("to", target(argument.get("to"), at + ".to"));
        if (argument.containsKey("map")) {
            move.put("map", textMap(argument.get("map"), at + ".map"));
        }
        return move;
    }

    private Map<String, String> textMap(Object value, String at) {
        Map<String, String> map = new LinkedHashMap<>();
        tree.map(value, at).forEach((from, to) -> map.put(from, tree.text(to, at + '.' + from)));
        return map;
    }

    private List<Double> range(List<Object> bounds, String at) {
        if (bounds.size() != 2) {
            throw tree.wrong(at, bounds.size() + " bounds", "[lowest, highest], null for none");
        }
        List<Double> range = new ArrayList<>();
        for (Object bound : bounds) {
            try {
                range.add(Literal.NULL.equals(bound) ? null : Double.valueOf(((Literal) bound).text()));
            } catch (ClassCastException | NumberFormatException e) {
                throw tree.wrong(at, "a bound that is not a number", "[lowest, highest], null for none");
            }
        }
        return range;
    }

    private List<Condition> conditions(Object value, String at) {
        if (value == null) {
            return List.of();
        }
        List<Condition> conditions = new ArrayList<>();
        tree.map(value, at).forEach((key, demanded) -> {
            int space = key.indexOf(' ');
            Condition.Mode mode = space < 0 ? Condition.Mode.IN
                    : tree.constant(Condition.Mode.class, key.substring(0, space), at + key);
            String path = path(key.substring(space + 1), at + key);
            conditions.add(new Condition(path, mode, tree.texts(demanded, at + key)));
        });
        return conditions;
    }

    private Set<JsonKind> kinds(Object value, String at) {
        Set<JsonKind> kinds = EnumSet.noneOf(JsonKind.class);
        for (String kind : value instanceof String one ? List.of(one) : tree.texts(value, at)) {
            switch (kind) {
                case "boolean" -> kinds.addAll(List.of(JsonKind.TRUE, JsonKind.FALSE));
                default -> kinds.add(tree.constant(JsonKind.class, kind, at));
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
            throw tree.wrong(at, "'" + path + "'", "a path such as reasoning.effort or tools[].type");
        }
    }

    private String name(String text, String at) {
        if (text.isEmpty() || text.contains(".") || text.contains("[")) {
            throw tree.wrong(at, "'" + text + "'", "a name, not a path");
        }
        return text;
    }
}
