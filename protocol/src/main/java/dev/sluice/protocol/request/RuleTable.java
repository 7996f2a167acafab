// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.WatchTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A face and a dialect compiled to one table, the face's rows first. Immutable; shared by all scanners.
 *
 * <p>Per watched path it has the rows that may act there, the slot in which its value decides about others, and the
 * mark by which the end of the body knows where it stood.
 *
 * <p>All rows look at the request as it came: a dialect may refuse what the face would have changed.
 */
public final class RuleTable {
    static final byte[] NOTHING = {};
    /** Limit of a value that decides about something: a type, a role, a spelling. */
    private static final int DECIDING_BYTES = 1024;
    /** Limit of a schema that is checked. */
    static final int SCHEMA_BYTES = 1024 * 1024;
    private static final String MODEL = "model";
    private static final String STREAM = "stream";

    private final WatchTable watches;
    private final Field[] fields;
    private final List<Row> rows;
    private final int marks;
    private final boolean holdsAll;

    private RuleTable(WatchTable watches, Field[] fields, List<Row> rows, int marks) {
        this.watches = watches;
        this.fields = fields;
        this.rows = rows;
        this.marks = marks;
        holdsAll = rows.stream().anyMatch(row -> row.rule.action().holdsAll());
    }

    /**
     * Compiles two profiles.
     *
     * @param face    what downstreams see
     * @param dialect what the upstream needs
     * @throws IllegalArgumentException where a row's conditions cannot be met together with its field
     */
    public static RuleTable of(Profile face, Profile dialect) {
        List<Rule> rules = new ArrayList<>();
        Set<String> settled = new HashSet<>();
        for (Rule rule : face.rules()) {
            boolean isBothSides = face.equals(dialect);
            if (rule.side() != Rule.Side.DIALECT || isBothSides) {
                rules.add(rule);
                boolean isGone = rule.action() == Action.DROP || rule.action() == Action.SET;
                if (isGone && rule.isUnconditional()) {
                    settled.add(rule.field());
                }
            }
        }
        if (!face.equals(dialect)) {
            dialect.rules().stream().filter(rule -> rule.side() != Rule.Side.FACE && !settled.contains(rule.field())
                    && rule.action() != Action.SUFFIXES && !isDone(rule, rules)).toList().forEach(rules::add);
        }
        return new Compiler(rules).compile();
    }

    /** What the face makes of a value is not made of it once more. */
    private static boolean isDone(Rule rule, List<Rule> rules) {
        return rules.contains(rule) || rule.action() == Action.WRAP && rules.stream().anyMatch(
                other -> other.action() == Action.WRAP && rule.field().equals(other.field()));
    }

    WatchTable watches() {
        return watches;
    }

    Field field(int watch) {
        return fields[watch];
    }

    /** Returns all rows, by rank. */
    List<Row> rows() {
        return rows;
    }

    int marks() {
        return marks;
    }

    /** Whether a body must be complete before any of it can be sent. */
    boolean holdsAll() {
        return holdsAll;
    }

    /** Whether nothing is edited but what the plan says. */
    boolean isReadOnly() {
        return rows.stream().allMatch(row -> row.rule.action().isRefusal() || row.rule.action() == Action.MODEL_NAME);
    }

    /** What a row is at one path. */
    static final class Row {
        final int rank;
        final Rule rule;
        final Need[] needs;
        final boolean hasOuterNeed;
        /** The path of the row's field, mark or -1. */
        final int mark;
        /** How many containers are around the value; -1 for a nested path. */
        private final int depth;

        Row(int rank, Rule rule, List<Need> needs, int mark) {
            this.rank = rank;
            this.rule = rule;
            this.needs = needs.toArray(Need[]::new);
            hasOuterNeed = needs.stream().anyMatch(Need::isOuter);
            this.mark = mark;
            depth = rule.field() == null || rule.field().contains("*") ? -1 : depth(rule.field());
        }

        private static int depth(String path) {
            return (int) path.chars().filter(c -> c == '.' || c == '[').count() + 1;
        }

        /** Returns whether the row is about a value of this kind, at this depth: nested paths share their watches. */
        boolean takes(JsonKind kind, int valueDepth) {
            return takes(kind) && (depth < 0 || depth == valueDepth);
        }

        boolean takes(JsonKind kind) {
            return rule.of().isEmpty() || rule.of().contains(kind);
        }
    }

    /**
     * A condition as it is asked while scanning.
     *
     * @param container the watch of the object that has the deciding member
     * @param slot      the member's slot in it
     * @param isOuter   whether it is about the objects of that watch around the innermost one
     */
    record Need(int container, int slot, Condition.Mode mode, Set<String> values, boolean isOuter) {
        boolean isMetBy(String value) {
            return switch (mode) {
                case NONE -> value == Frame.ABSENT;
                case ANY -> value != Frame.ABSENT;
                case NOT -> !isAmong(value);
                default -> isAmong(value);
            };
        }

        private boolean isAmong(String value) {
            return value == Frame.ABSENT || value == Frame.NULL ? values.contains(null)
                    : value != Frame.OTHER && values.contains(value);
        }
    }

    /** One watched path. */
    static final class Field {
        final String path;
        final List<Row> edits = new ArrayList<>(1);
        final List<Row> checks = new ArrayList<>(1);
        final List<Sighting> sightings = new ArrayList<>(1);
        /** Whether its members or elements are told apart. */
        boolean isFramed;
        int slots;
        /** Where the parent's frame keeps this value; -1 for nowhere. */
        int slot = -1;
        int mark = -1;
        boolean isModel;
        boolean isStream;
        boolean hasSpelling;
        final boolean isInputItem;

        Field(String path) {
            this.path = path;
            isInputItem = path.equals("input[]");
        }
    }

    /** A value that, wherever it occurs, sets a slot of the root. */
    record Sighting(int rootSlot, Set<String> values) {
        boolean isOf(String text) {
            return text == Frame.NULL ? values.contains(null) : text != Frame.OTHER && values.contains(text);
        }
    }

    private static final class Compiler {
        private static final Set<JsonKind> GIVEN = EnumSet.complementOf(EnumSet.of(JsonKind.NULL));

        private final List<Rule> rules;
        private final WatchTable.Builder watches = WatchTable.builder();
        private final Map<String, Integer> byPath = new LinkedHashMap<>();
        private final List<Field> fields = new ArrayList<>();
        private int marks;

        Compiler(List<Rule> rules) {
            this.rules = rules;
        }

        RuleTable compile() {
            field("", 0).isFramed = true;
            field(MODEL, 6 * RequestScanner.MAX_MODEL_BYTES + 2).isModel = true;
            field(STREAM, DECIDING_BYTES).isStream = true;
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

        /** Where the other name is there too, it wins; as null it counts as absent and goes. */
        private void addRename(Rule rule, List<Row> rows) {
            String other = sibling(rule.field(), (String) rule.argument());
            List<String> absent = java.util.Collections.singletonList(null);
            rows.add(compile(rule.with(rule.field(), Action.RENAME, rule.of(), with(rule, new Condition(other,
                    Condition.Mode.IN, absent))), rows.size()));
            rows.add(compile(rule.with(rule.field(), Action.DROP, GIVEN, with(rule, new Condition(other,
                    Condition.Mode.NOT, absent))), rows.size()));
            rows.add(compile(rule.with(other, Action.DROP, Set.of(JsonKind.NULL), with(rule,
                    new Condition(rule.field(), Condition.Mode.NOT, absent))), rows.size()));
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
                default -> { } // acts where it stands
            }
            Row row = new Row(rank, rule, needs(rule), mark);
            if (rule.field() == null) {
                return row;
            }
            Field field = field(rule.field(), captureBytes(rule));
            if (rule.action().isRefusal() || rule.action() == Action.BOOLEAN) {
                field.checks.add(row);
            }
            boolean isSettled = rule.action() == Action.BOOLEAN && rules.stream().anyMatch(other ->
                    other.action() == Action.SET && other.isUnconditional() && rule.field().equals(other.field()));
            if (!rule.action().isRefusal() && !isSettled) {
                field.edits.add(row);
                field(parent(rule.field()), 0).isFramed = true;
            }
            field.hasSpelling |= rule.action() == Action.BOOLEAN;
            return row;
        }

        private static int captureBytes(Rule rule) {
            return switch (rule.action()) {
                case STRICT_SCHEMA -> SCHEMA_BYTES;
                case VALUES, RANGE, APART, BOOLEAN, MAP, TRIM -> DECIDING_BYTES;
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
                needs.add(new Need(watch(object), slot(object + ".type"), Condition.Mode.IN,
                        new HashSet<>(rule.within()), true));
            }
            return needs;
        }

        private Need need(Rule rule, Condition condition) {
            Set<String> values = new HashSet<>(condition.values());
            if (condition.mode() == Condition.Mode.ANY || condition.mode() == Condition.Mode.NONE) {
                Field root = field("", 0);
                int slot = root.slots++;
                field(condition.path(), DECIDING_BYTES).sightings.add(new Sighting(slot, values));
                return new Need(watch(""), slot, condition.mode(), values, false);
            }
            String object = parent(condition.path());
            boolean isShared = object.isEmpty() || rule.field().equals(object)
                    || rule.field().startsWith(object + '.') || rule.field().startsWith(object + "[]");
            if (!isShared) {
                throw new IllegalArgumentException("where: " + condition.path() + " is not beside or around "
                        + rule.field() + " (expected: a member of an object that holds the field, or 'any' or 'none'"
                        + " before the path)");
            }
            return new Need(watch(object), slot(condition.path()), condition.mode(), values, false);
        }

        private int slot(String path) {
            Field field = field(path, DECIDING_BYTES);
            if (field.slot < 0) {
                Field object = field(parent(path), 0);
                object.isFramed = true;
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

        /** Watches a path and everything around it. */
        private Field field(String path, int captureBytes) {
            if (!path.isEmpty() && !byPath.containsKey(parent(path))) {
                field(parent(path), 0);
            }
            int watch = captureBytes == SCHEMA_BYTES ? watches.watch(path, captureBytes)
                    : watches.watchScalar(path, captureBytes);
            byPath.put(path, watch);
            if (watch == fields.size()) {
                fields.add(new Field(path));
            }
            if (path.endsWith("[]*")) {
                String array = path.substring(path.lastIndexOf('.') + 1, path.length() - 3);
                if (!byPath.containsKey(path + '.' + array)) {
                    field(path + '.' + array, 0); // so that every container on the way is told
                }
            }
            return fields.get(watch);
        }

        private static boolean isFixed(String path) {
            return !path.contains("[");
        }

        /** Returns the path of what holds a path's value. */
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

    /** Returns the mark of a path, or -1. */
    int markOf(String path) {
        return Arrays.stream(fields).filter(field -> field.path.equals(path)).mapToInt(field -> field.mark).findFirst()
                .orElse(-1);
    }

    /** Returns the paths that are looked at, for documentation and tests. */
    Set<String> paths() {
        Set<String> paths = new LinkedHashSet<>();
        for (Field field : fields) {
            paths.add(field.path);
        }
        return paths;
    }
}
