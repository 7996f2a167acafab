// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import java.util.Arrays;

/**
 * Where the body's bytes lie in one received buffer: a list of index ranges, without the framing between them.
 *
 * <p>Reused from read to read; grows to the largest read seen and allocates nothing after that.
 */
public final class BodyRuns {
    private int[] bounds = new int[16];
    private int count;

    /** Creates an empty list. */
    public BodyRuns() {
    }

    /** Returns how many runs there are. */
    public int count() {
        return count;
    }

    /** Returns the buffer index of the first byte of run {@code i}. */
    public int start(int i) {
        return bounds[2 * i];
    }

    /** Returns the buffer index after the last byte of run {@code i}. */
    public int end(int i) {
        return bounds[2 * i + 1];
    }

    /** Returns the bytes of run {@code i}; never 0. */
    public int length(int i) {
        return bounds[2 * i + 1] - bounds[2 * i];
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
        if (2 * count == bounds.length) {
            bounds = Arrays.copyOf(bounds, 2 * bounds.length);
        }
        bounds[2 * count] = start;
        bounds[2 * count + 1] = end;
        count++;
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
