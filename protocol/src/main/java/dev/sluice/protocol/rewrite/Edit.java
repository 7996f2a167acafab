// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.rewrite;

/**
 * One byte range of a body and what takes its place.
 *
 * @param start       offset of the first byte that is replaced; an insertion where it equals {@code end}
 * @param end         offset after the last byte that is replaced
 * @param replacement the new bytes; empty removes the range; not copied, must not change any more
 */
public record Edit(long start, long end, byte[] replacement) {
    public Edit {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException("start: " + start + ", end: " + end + " (expected: 0 <= start <= end)");
        }
    }

    /** Returns by how many bytes the body grows; negative where it shrinks. */
    public long delta() {
        return replacement.length - (end - start);
    }
}
