// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts of one event loop by labels. Labels can come from outside, such as the names of callers, so their number is
 * bounded; what is beyond counts for common labels.
 *
 * <p><b>Threading:</b> written on the loop without locks; read on any thread.
 *
 * @param <K> the labels; compared by equality
 */
final class LabelledCounts<K> {
    static final int MAX_ROWS = 5_000;

    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);

    private final Map<K, long[]> rows = new ConcurrentHashMap<>();
    private final int width;
    private final K other;

    /**
     * @param width the number of counts for each labels
     * @param other the labels of what is beyond the bound
     */
    LabelledCounts(int width, K other) {
        this.width = width;
        this.other = other;
    }

    /** Returns the counts of these labels, to be added to on the loop. */
    long[] row(K labels) {
        long[] known = rows.get(labels);
        return known != null ? known
                : rows.computeIfAbsent(rows.size() < MAX_ROWS ? labels : other, l -> new long[width]);
    }

    /** Adds to a count of a row. */
    static void add(long[] row, int column, long amount) {
        COUNTS.setOpaque(row, column, row[column] + amount);
    }

    /** Adds all counts to the sums of several loops. */
    void addTo(Map<K, long[]> sums) {
        rows.forEach((labels, row) -> {
            long[] sum = sums.computeIfAbsent(labels, l -> new long[width]);
            for (int i = 0; i < width; i++) {
                sum[i] += (long) COUNTS.getOpaque(row, i);
            }
        });
    }
}
