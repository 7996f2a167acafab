// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * A list of the index ranges ("runs") that the body's bytes occupy in one received buffer, without the framing between
 * them.
 *
 * <p>The list is reused from read to read. It grows to the largest read and allocates nothing after that. The first
 * run, which is the only one in most reads, is stored in the object itself to save a cache line per stream.
 */
public final class BodyRuns {
    private static final int[] NONE = {};
    private static final int FIRST_BOUNDS = 16;

    private int count;
    private int firstStart;
    private int firstEnd;
    /** Start and end of the second and all later runs. */
    private int[] more = NONE;

    /** Creates an empty list. */
    public BodyRuns() {
    }

    /** {@return the number of runs} */
    public int count() {
        return count;
    }

    /**
     * Returns where a run begins.
     *
     * @param i the number of the run, 0 to {@link #count()} - 1
     * @return the buffer index of the run's first byte
     */
    public int start(int i) {
        return i == 0 ? firstStart : more[2 * i - 2];
    }

    /**
     * Returns where a run ends.
     *
     * @param i the number of the run, 0 to {@link #count()} - 1
     * @return the buffer index after the run's last byte
     */
    public int end(int i) {
        return i == 0 ? firstEnd : more[2 * i - 1];
    }

    /**
     * Returns the length of a run.
     *
     * @param i the number of the run, 0 to {@link #count()} - 1
     * @return the length in bytes; at least 1
     */
    public int length(int i) {
        return end(i) - start(i);
    }

    /** Removes all runs. */
    public void clear() {
        count = 0;
    }

    /**
     * Adds the run {@code [start, end)}. An empty range is ignored.
     *
     * @param start the buffer index of the run's first byte
     * @param end   the buffer index after the run's last byte
     */
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

    /**
     * Copies the body's bytes.
     *
     * @param bytes    the buffer that the runs lie in, borrowed; its indices do not change
     * @param maxBytes the number of bytes after which the copy ends
     * @return the first bytes of the body in one array
     */
    public byte[] copy(ByteBuf bytes, int maxBytes) {
        byte[] copy = new byte[(int) Math.min(totalBytes(), maxBytes)];
        int at = 0;
        for (int i = 0; i < count && at < copy.length; i++) {
            int part = Math.min(length(i), copy.length - at);
            bytes.getBytes(start(i), copy, at, part);
            at += part;
        }
        return copy;
    }

    /** {@return the total length of all runs, in bytes} */
    public long totalBytes() {
        long total = 0;
        for (int i = 0; i < count; i++) {
            total += length(i);
        }
        return total;
    }
}
