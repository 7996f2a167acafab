// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.WatchTable;
import java.util.Arrays;
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
