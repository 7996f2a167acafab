// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import java.util.Arrays;

/**
 * Where the body's bytes lie in one received buffer: a list of index ranges, without the framing between them.
 *
 * <p>Reused from read to read; grows to the largest read seen and allocates nothing after that. The first run, of most
 * reads the only one, is kept in the object itself: with many streams each cache line less counts.
 */
public final class BodyRuns {
    private static final int[] NONE = {};
    private static final int FIRST_BOUNDS = 16;

    private int count;
    private int firstStart;
    private int firstEnd;
    /** Start and end of the second run and of those after it. */
    private int[] more = NONE;

    /** Creates an empty list. */
    public BodyRuns() {
    }

    /** Returns how many runs there are. */
    public int count() {
        return count;
    }

    /** Returns the buffer index of the first byte of run {@code i}. */
    public int start(int i) {
        return i == 0 ? firstStart : more[2 * i - 2];
    }

    /** Returns the buffer index after the last byte of run {@code i}. */
    public int end(int i) {
        return i == 0 ? firstEnd : more[2 * i - 1];
    }

    /** Returns the bytes of run {@code i}; never 0. */
    public int length(int i) {
        return end(i) - start(i);
    }

    /** Forgets all runs. */
    public void clear() {
        count = 0;
    }

    /** Adds {@code [start, end)}; an empty range is not added. */
    public void add(int start, int end) {
        if (start == end) {
            return;
        }
        if (count == 0) {
            firstStart = start;
            firstEnd = end;
        } else {
            addMore(start, end);
        }
        count++;
    }

    private void addMore(int start, int end) {
        int at = 2 * count - 2;
        if (at == more.length) {
            more = Arrays.copyOf(more, Math.max(FIRST_BOUNDS, 2 * at));
        }
        more[at] = start;
        more[at + 1] = end;
    }

    /** Returns the bytes of all runs. */
    public long totalBytes() {
        long total = 0;
        for (int i = 0; i < count; i++) {
            total += length(i);
        }
        return total;
    }
}
