// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LabelledCountsTest {

    @Test
    void shouldAddUpOverLoops() {
        LabelledCounts<String> one = new LabelledCounts<>(2, "(other)");
        LabelledCounts<String> other = new LabelledCounts<>(2, "(other)");
        LabelledCounts.add(one.row("a"), 0, 3);
        LabelledCounts.add(one.row("a"), 1, 5);
        LabelledCounts.add(other.row("a"), 0, 4);
        LabelledCounts.add(other.row("b"), 1, 1);

        Map<String, long[]> sums = new HashMap<>();
        one.addTo(sums);
        other.addTo(sums);

        assertEquals(2, sums.size());
        assertArrayEquals(new long[] {7, 5}, sums.get("a"));
        assertArrayEquals(new long[] {0, 1}, sums.get("b"));
    }

    /** Callers cannot make the number of labels grow without bound. */
    @Test
    void shouldCountForCommonLabelsBeyondTheBound() {
        LabelledCounts<String> counts = new LabelledCounts<>(1, "(other)");
        for (int i = 0; i < LabelledCounts.MAX_ROWS + 100; i++) {
            LabelledCounts.add(counts.row("caller-" + i), 0, 1);
        }
        LabelledCounts.add(counts.row("caller-1"), 0, 1);

        Map<String, long[]> sums = new HashMap<>();
        counts.addTo(sums);

        assertEquals(LabelledCounts.MAX_ROWS + 1, sums.size());
        assertEquals(100, sums.get("(other)")[0]);
        assertEquals(2, sums.get("caller-1")[0]);
    }
}
