// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.rewrite;

/**
 * One byte range of a body and its replacement.
 *
 * @param start       offset of the first replaced byte in the body, at least 0; equal to {@code end} for an insertion
 * @param end         offset after the last replaced byte in the body; at least {@code start}
 * @param replacement the new bytes; empty removes the range. The array is not copied and must not change afterwards
 */
public record Edit(long start, long end, byte[] replacement) {
    public Edit {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException("start: " + start + ", end: " + end + " (expected: 0 <= start <= end)");
        }
    }

    /** {@return the number of bytes by which the edit makes the body longer; negative if shorter} */
    public long delta() {
        return replacement.length - (end - start);
    }
}
