// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.WatchTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A compiler from rules to a {@link RuleTable}. It assigns watches to paths, slots to the members that conditions
 * depend on, and marks to the fields that matter when the root object closes.
 */
public final class RuleCompiler {
    /** Longest captured value that a condition or rule depends on, such as a type, a role or a spelling, in bytes. */
    private static final int DECIDING_BYTES = 1024;
    private static final String MODEL = "model";
    private static final String STREAM = "stream";
    /** The edits of a face that are left out if the dialect always removes or sets the same field. */
    private static final Set<Action> EDITS = Set.of(Action.DROP, Action.SET, Action.DEFAULT);

    private final List<Rule> rules;
    private final WatchTable.Builder watches = WatchTable.builder().checkCase("model",
            "previous_response_id", "conversation");
    private final Map<String, Integer> byPath = new LinkedHashMap<>();
    private final List<Field> fields = new ArrayList<>();
    private int marks;

    private RuleCompiler(List<Rule> rules) {
        this.rules = rules;
    }

    /**
     * Compiles two profiles to one table.
     *
     * @param face    the profile that downstreams see
     * @param dialect the profile that the upstream needs; may be the same
     * @return the table
     * @throws IllegalArgumentException if two rules conflict, or a condition is about a field that does not belong to
     *                                  an object around the field of its rule
     */
    public static RuleTable compile(Profile face, Profile dialect) {
        List<Rule> rules = new ArrayList<>();
        if (face.equals(dialect)) {
            rules.addAll(face.rules());
        } else {
            List<Rule> needed = dialect.rules().stream().filter(rule -> rule.side() != Rule.Side.FACE
                    && rule.action() != Action.SUFFIXES).toList();
            Set<String> fixedByDialect = fixed(needed);
            face.rules().stream().filter(rule -> rule.side() != Rule.Side.DIALECT && !(EDITS.contains(rule.action())
                    && fixedByDialect.contains(rule.field()))).forEach(rules::add);
            Set<String> fixedByFace = fixed(rules);
            needed.stream().filter(rule -> !isDone(rule, rules) && !fixedByFace.contains(rule.field())).toList()
                    .forEach(rules::add);
        }
        RowConflicts.check(rules);
        return new RuleCompiler(rules).compile();
    }

    /** Returns the fields that are always removed or always have one value. */
    private static Set<String> fixed(List<Rule> rules) {
        Set<String> fields = new HashSet<>();
        for (Rule rule : rules) {
            if ((rule.action() == Action.DROP || rule.action() == Action.SET) && rule.isUnconditional()) {
                fields.add(rule.field());
            }
        }
        return fields;
    }

    /** Returns whether the face already does the work of a rule of the dialect, which must not be done twice. */
    private static boolean isDone(Rule rule, List<Rule> rules) {
        return rules.contains(rule) || rule.action() == Action.WRAP && rules.stream().anyMatch(
                other -> other.action() == Action.WRAP && rule.field().equals(other.field()));
    }

    private RuleTable compile() {
        field("", 0).isTracked = true;
        field(MODEL, 6 * RequestFacts.MAX_MODEL_CHARS + 2).isModel = true;
        field(STREAM, DECIDING_BYTES).isStream = true;
        for (RequestFacts.Owner owner : RequestFacts.Owner.values()) {
            field(owner.path, RequestFacts.Owner.MAX_BYTES + 2).owner = owner;
        }
        List<Row> rows = new ArrayList<>();
        for (Rule rule : rules) {
            if (rule.action() == Action.RENAME) {
                addRename(rule, rows);
            } else {
                rows.add(compile(rule, rows.size()));
            }
        }
        return new RuleTable(watches.build(), fields.toArray(Field[]::new), rows, marks);
    }

    /**
     * Compiles a rename to three rows. A field that already has the new name wins, and this one is dropped; if it is
     * null, it counts as absent and is dropped itself.
     */
    private void addRename(Rule rule, List<Row> rows) {
        String other = sibling(rule.field(), (String) rule.argument());
        List<String> absent = Collections.singletonList(null);
        rows.add(compile(rule.with(rule.field(), Action.RENAME, rule.of(), with(rule, new Condition(other,
                Condition.Mode.IN, absent))), rows.size()));
        rows.add(compile(rule.with(rule.field(), Action.DROP, given(rule), with(rule, new Condition(other,
                Condition.Mode.NOT, absent))), rows.size()));
        rows.add(compile(rule.with(other, Action.DROP, Set.of(JsonKind.NULL), with(rule,
                new Condition(rule.field(), Condition.Mode.NOT, absent))), rows.size()));
    }

    private static Set<JsonKind> given(Rule rule) {
        Set<JsonKind> kinds = EnumSet.complementOf(EnumSet.of(JsonKind.NULL));
        if (!rule.of().isEmpty()) {
            kinds.retainAll(rule.of());
        }
        return kinds;
    }

    private static List<Condition> with(Rule rule, Condition more) {
        List<Condition> conditions = new ArrayList<>(rule.where());
        conditions.add(more);
        return conditions;
    }

    private Row compile(Rule rule, int rank) {
        int mark = -1;
        switch (rule.action()) {
            case ONE_OF, TOGETHER -> ((List<?>) rule.argument()).forEach(path -> mark((String) path));
            case REQUIRED, DEFAULT, SET -> mark = isFixed(rule.field()) ? mark(rule.field()) : -1;
            case MOVE -> {
                mark = mark(rule.field());
                markTarget((String) ((Map<?, ?>) rule.argument()).get("to"));
            }
            case SUFFIXES -> ((Map<?, ?>) rule.argument()).values().forEach(meaning ->
                    ((Map<?, ?>) meaning).keySet().forEach(path -> markTarget((String) path)));
            case MESSAGES, HOIST -> {
                for (String path : List.of("instructions", "input", "messages")) {
                    mark(path);
                }
                field("input[]", 0);
            }
            default -> { } // acts when its value is scanned
        }
        Row row = new Row(rank, rule, needs(rule), mark);
        if (rule.field() == null) {
            return row;
        }
        Field field = field(rule.field(), captureBytes(rule));
        if (rule.action().isRefusal() || rule.action() == Action.BOOLEAN) {
            field.checks.add(row);
        }
        if (rule.action() == Action.LAST) {
            field(rule.field().substring(0, rule.field().lastIndexOf("[]")), 0).lasts.add(row);
        }
        boolean isSettled = rule.action() == Action.BOOLEAN && rules.stream().anyMatch(other ->
                other.action() == Action.SET && other.isUnconditional() && rule.field().equals(other.field()));
        if (!rule.action().isRefusal() && !isSettled) {
            field.edits.add(row);
            field(parent(rule.field()), 0).isTracked = true;
        }
        field.hasSpelling |= rule.action() == Action.BOOLEAN;
        return row;
    }

    private static int captureBytes(Rule rule) {
        return switch (rule.action()) {
            case STRICT_SCHEMA -> RuleTable.SCHEMA_BYTES;
            case VALUES, LAST, RANGE, APART, BOOLEAN, MAP, TRIM -> DECIDING_BYTES;
            case DEFAULT, SET, WRAP, TOOL_OUTPUT, HOIST, MESSAGES -> 0;
            default -> rule.is().isEmpty() ? 0 : DECIDING_BYTES;
        };
    }

    private List<Need> needs(Rule rule) {
        List<Need> needs = new ArrayList<>();
        for (Condition condition : rule.where()) {
            needs.add(need(rule, condition));
        }
        if (!rule.within().isEmpty()) {
            String object = rule.field().substring(0, rule.field().lastIndexOf('*') + 1);
            field(object + ".type", DECIDING_BYTES).addKnown(rule.within());
            needs.add(new Need(watch(object), slot(object + ".type"), Condition.Mode.IN, rule.within(), true));
        }
        return needs;
    }

    private Need need(Rule rule, Condition condition) {
        Set<String> values = new HashSet<>(condition.values());
        if (condition.mode() == Condition.Mode.ANY || condition.mode() == Condition.Mode.NONE) {
            Field root = field("", 0);
            int slot = root.slots++;
            field(condition.path(), DECIDING_BYTES).sightings.add(new Sighting(slot, values));
            return new Need(watch(""), slot, condition.mode(), condition.values(), false);
        }
        String object = parent(condition.path());
        boolean isShared = object.isEmpty() || rule.field().equals(object)
                || rule.field().startsWith(object + '.') || rule.field().startsWith(object + "[]");
        if (!isShared) {
            throw new IllegalArgumentException("where: " + condition.path() + " is not a member of an object around "
                    + rule.field() + " (expected: a member of an object that contains the field, or 'any' or 'none'"
                    + " before the path)");
        }
        field(condition.path(), DECIDING_BYTES).addKnown(condition.values());
        return new Need(watch(object), slot(condition.path()), condition.mode(), condition.values(), false);
    }

    private int slot(String path) {
        Field field = field(path, DECIDING_BYTES);
        if (field.slot < 0) {
            Field object = field(parent(path), 0);
            object.isTracked = true;
            field.slot = object.slots++;
        }
        return field.slot;
    }

    private void markTarget(String path) {
        mark(path);
        if (path.contains(".")) {
            mark(parent(path));
        }
    }

    private int mark(String path) {
        Field field = field(path, 0);
        if (field.mark < 0) {
            field.mark = marks++;
        }
        return field.mark;
    }

    private int watch(String path) {
        field(path, 0);
        return byPath.get(path);
    }

    /** Returns the field of a path. Watches the path and all its parents. */
    private Field field(String path, int captureBytes) {
        if (!path.isEmpty() && !byPath.containsKey(parent(path))) {
            field(parent(path), 0);
        }
        int watch = captureBytes == RuleTable.SCHEMA_BYTES ? watches.watch(path, captureBytes)
                : watches.watchScalar(path, captureBytes);
        byPath.put(path, watch);
        if (watch == fields.size()) {
            fields.add(new Field(path));
        }
        if (path.endsWith("[]*")) {
            String array = path.substring(path.lastIndexOf('.') + 1, path.length() - 3);
            if (!byPath.containsKey(path + '.' + array)) {
                field(path + '.' + array, 0); // so that the scanner reports every container on the path
            }
        }
        return fields.get(watch);
    }

    private static boolean isFixed(String path) {
        return !path.contains("[");
    }

    /** Returns the path of the container that directly holds the value of a path. */
    private static String parent(String path) {
        if (path.endsWith("[]*")) {
            return path.substring(0, path.length() - 3);
        }
        if (path.endsWith("[]")) {
            return path.substring(0, path.length() - 2);
        }
        return path.substring(0, Math.max(0, path.lastIndexOf('.')));
    }

    private static String sibling(String path, String name) {
        String parent = parent(path);
        return parent.isEmpty() ? name : parent + '.' + name;
    }
}
