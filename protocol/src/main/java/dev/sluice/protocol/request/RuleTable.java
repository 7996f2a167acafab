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
 * A face and a dialect compiled to one table, the face's rows first. Immutable; shared by all scanners.
 *
 * <p>Per watched path it has the rows that may act there, the slot in which its value decides about others, and the
 * mark by which the end of the body knows where it stood.
 *
 * <p>All rows look at the request as it came: a dialect may refuse what the face would have changed.
 */
public final class RuleTable {
    static final byte[] NOTHING = {};
    /** What a dialect that removes or fixes a field undoes. */
    private static final Set<Action> EDITS = Set.of(Action.DROP, Action.SET, Action.DEFAULT);
    /** Limit of a schema that is checked. */
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
     * Compiles two profiles.
     *
     * @param face    what downstreams see
     * @param dialect what the upstream needs
     * @throws IllegalArgumentException where a row's conditions cannot be met together with its field
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
        return isReadOnly;
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

        /** Whether it is about the input and nothing else. */
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
     * A condition as it is asked while scanning.
     *
     * @param container the watch of the object that has the deciding member
     * @param slot      the member's slot in it
     * @param isOuter   whether it is about the objects of that watch around the innermost one
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

        /** Whether its text matters for nothing but the conditions of others. */
        boolean isSlotOnly() {
            return knownTexts != null && isAscii && owner == null && edits.isEmpty() && checks.isEmpty()
                    && sightings.isEmpty();
        }

        /** A value that conditions ask for. */
        void addKnown(Collection<String> texts) {
            knownTexts = knownTexts == null ? new ArrayList<>() : knownTexts;
            for (String text : texts) {
                if (text != null) {
                    knownTexts.add(text);
                    isAscii &= text.chars().allMatch(c -> c < 0x80);
                }
            }
        }

        /** Returns the text of a value if any condition asks for it, without making one of our own. */
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

    /** A value that, wherever it occurs, sets a slot of the root. */
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

    /** Returns the paths that are looked at, for documentation and tests. */
    Set<String> paths() {
        Set<String> paths = new LinkedHashSet<>();
        for (Field field : fields) {
            paths.add(field.path);
        }
        return paths;
    }
}
