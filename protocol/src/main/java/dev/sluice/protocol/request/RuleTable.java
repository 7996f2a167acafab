// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.WatchTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A face and a dialect compiled to one table, with the rows of the face first. Immutable; shared by all scanners.
 *
 * <p>For each watched path the table has the rows that may act there, the slot that keeps the value for conditions on
 * other fields, and the mark under which the offsets of the value are kept until the root object closes.
 *
 * <p>All rows apply to the request as received, so a dialect may refuse a value that the face would have changed.
 */
public final class RuleTable {
    static final byte[] NOTHING = {};
    /** The edits of a face that are left out if the dialect always removes or sets the same field. */
    private static final Set<Action> EDITS = Set.of(Action.DROP, Action.SET, Action.DEFAULT);
    /** Longest schema that is checked, in bytes. */
    static final int SCHEMA_BYTES = 1024 * 1024;

    private final WatchTable watches;
    private final Field[] fields;
    private final List<Row> rows;
    private final int marks;
    private final boolean holdsAll;
    private final boolean isReadOnly;

    RuleTable(WatchTable watches, Field[] fields, List<Row> rows, int marks) {
        this.watches = watches;
        this.fields = fields;
        this.rows = rows;
        this.marks = marks;
        holdsAll = rows.stream().anyMatch(row -> row.rule.action().holdsAll());
        isReadOnly = rows.stream().allMatch(row -> row.rule.action().isRefusal()
                || row.rule.action() == Action.MODEL_NAME);
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
    public static RuleTable of(Profile face, Profile dialect) {
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

    WatchTable watches() {
        return watches;
    }

    Field field(int watch) {
        return fields[watch];
    }

    /** Returns all rows, in the order of their ranks. */
    List<Row> rows() {
        return rows;
    }

    int marks() {
        return marks;
    }

    /** Returns whether a body must be complete before any part of it can be sent. */
    boolean holdsAll() {
        return holdsAll;
    }

    /** Returns whether the rows make no edit, so that only the plan may change the model name. */
    boolean isReadOnly() {
        return isReadOnly;
    }

    /** A compiled rule, bound to one path. */
    static final class Row {
        final int rank;
        final Rule rule;
        final Need[] needs;
        final boolean hasOuterNeed;
        /** The mark of the field; -1 for none. */
        final int mark;
        /** Number of containers around the value; -1 for a nested path or no path. */
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

        /**
         * Returns whether the row applies to a value of this kind at this depth. The depth matters because a nested
         * path shares its watch with the plain path.
         */
        boolean takes(JsonKind kind, int valueDepth) {
            return takes(kind) && (depth < 0 || depth == valueDepth);
        }

        /** Returns whether the row is about the input or a value inside it, but not about its presence. */
        boolean isAboutInput() {
            String field = rule.field();
            return field != null && (field.equals("input") || field.startsWith("input[") || field.startsWith("input."))
                    && rule.action() != Action.REQUIRED;
        }

        boolean isTopLevel() {
            return depth == 1;
        }

        boolean takes(JsonKind kind) {
            return rule.of().isEmpty() || rule.of().contains(kind);
        }
    }

    /**
     * A compiled condition.
     *
     * @param container the watch of the object that has the member
     * @param slot      the slot of the member in the frame of that object
     * @param mode      the interpretation of {@code values}
     * @param values    the values of the condition
     * @param isOuter   whether the condition is about the objects of that watch around the innermost one
     */
    record Need(int container, int slot, Condition.Mode mode, List<String> values, boolean isOuter) {
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

    /** A watched path with everything that depends on its value. */
    static final class Field {
        final String path;
        final List<Row> edits = new ArrayList<>(1);
        final List<Row> checks = new ArrayList<>(1);
        final List<Sighting> sightings = new ArrayList<>(1);
        /** Set if a container at this path needs a frame. */
        boolean isFramed;
        int slots;
        /** The slot of this value in the parent's frame; -1 for none. */
        int slot = -1;
        int mark = -1;
        private List<String> knownTexts;
        private boolean isAscii = true;
        boolean isModel;
        boolean isStream;
        RequestFacts.Owner owner;
        boolean hasSpelling;
        final boolean isInputItem;

        Field(String path) {
            this.path = path;
            isInputItem = path.equals("input[]");
        }

        /** Returns whether only the conditions of other fields use the text, and all their values are ASCII. */
        boolean isSlotOnly() {
            return knownTexts != null && isAscii && owner == null && edits.isEmpty() && checks.isEmpty()
                    && sightings.isEmpty();
        }

        /** Adds the values that a condition compares this field with. */
        void addKnown(Collection<String> texts) {
            knownTexts = knownTexts == null ? new ArrayList<>() : knownTexts;
            for (String text : texts) {
                if (text != null) {
                    knownTexts.add(text);
                    isAscii &= text.chars().allMatch(c -> c < 0x80);
                }
            }
        }

        /**
         * Returns the text of a value if a condition compares with it, otherwise {@link Frame#OTHER}. A string is
         * created only for a value with an escape.
         */
        String known(JsonKind kind, JsonCapture value) {
            if (kind != JsonKind.STRING || value.isTruncated()) {
                return RuleRun.textOf(kind, value);
            }
            for (String text : knownTexts) {
                if (value.isString(text)) {
                    return text;
                }
            }
            return value.hasEscape() ? value.asString() : Frame.OTHER;
        }
    }

    /** A set of values that fill a slot of the root object wherever one of them occurs at a path. */
    record Sighting(int rootSlot, Set<String> values) {
        boolean isOf(String text) {
            return text == Frame.NULL ? values.contains(null) : text != Frame.OTHER && values.contains(text);
        }
    }

    /** Returns the mark of a path, or -1. */
    int markOf(String path) {
        return Arrays.stream(fields).filter(field -> field.path.equals(path)).mapToInt(field -> field.mark).findFirst()
                .orElse(-1);
    }

    /** Returns the watched paths, for documentation and tests. */
    Set<String> paths() {
        Set<String> paths = new LinkedHashSet<>();
        for (Field field : fields) {
            paths.add(field.path);
        }
        return paths;
    }
}
