// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A search for the end of the plain part of JSON strings, at memory speed. Every byte is checked.
 *
 * <p>A byte is plain unless it is a control character, a quote, a backslash or not ASCII. Eight bytes {@code x} are
 * tested at once. {@code ((x & 7f..) ^ 02..) + 5f..}, {@code ((x & 7f..) ^ 5c..) + 7f..} and {@code ~x} all have the
 * high bit of a plain byte set:
 * <ul>
 * <li>{@code ^ 0x02} swaps the quote (0x22) with 0x20, so that one addition tells it, together with all bytes below
 *     0x20, from the others.
 * <li>{@code ^ 0x5c} turns the backslash (0x5c) into 0, the only value that the addition of 0x7f keeps below 0x80.
 * <li>{@code ~x} excludes the bytes from 0x80 on.
 * </ul>
 *
 * <p>Source code has an escape every few words, and a processor cannot predict where. So blocks of 64 bytes are tested
 * as a whole, and the result is kept as 64 bits for all searches in the block: which block is tested next does not
 * depend on where a search has ended, so the processor tests it ahead.
 *
 * <p><b>Threading:</b> confined to one thread at a time.
 */
final class PlainBytes {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long LOW_BITS = ~HIGH_BITS;
    private static final long LOWEST_BITS = 0x0101010101010101L;
    /** Multiplied with the lowest bits of eight bytes, collects them in the highest byte. */
    private static final long COLLECT = 0x0102040810204080L;
    private static final int BLOCK = 64;
    private static final int NONE = -1;

    private int block = NONE;
    private long special;

    /** Forgets the block, because the array has other bytes now, or is another one. */
    void reset() {
        block = NONE;
    }

    /** Returns the index of the first byte in {@code [from, to)} that is not plain, or {@code to}. */
    int skip(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            int here = i & -BLOCK;
            if (here != block) {
                if (here > bytes.length - BLOCK) {
                    return skipRest(bytes, i, to);
                }
                block = here;
                special = special(bytes, here);
            }
            long left = special >>> i; // the lowest six bits of i
            if (left != 0) {
                return Math.min(to, i + Long.numberOfTrailingZeros(left));
            }
            i = here + BLOCK;
        }
        return to;
    }

    private static int skipRest(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && isPlain(bytes[i])) {
            i++;
        }
        return i;
    }

    /** Returns the bytes of a block that are not plain, as bits; the lowest bit is the first byte. */
    private static long special(byte[] bytes, int from) {
        return ~(plain(bytes, from) | plain(bytes, from + 8) << 8 | plain(bytes, from + 16) << 16
                | plain(bytes, from + 24) << 24 | plain(bytes, from + 32) << 32 | plain(bytes, from + 40) << 40
                | plain(bytes, from + 48) << 48 | plain(bytes, from + 56) << 56);
    }

    /** Returns which of eight bytes are plain, as eight bits. */
    private static long plain(byte[] bytes, int from) {
        long x = (long) LONGS.get(bytes, from);
        long low = x & LOW_BITS; // without the high bits, an addition cannot carry into the next byte
        long found = (low ^ 0x0202020202020202L) + 0x5f5f5f5f5f5f5f5fL & (low ^ 0x5c5c5c5c5c5c5c5cL) + LOW_BITS & ~x;
        return (found >>> 7 & LOWEST_BITS) * COLLECT >>> 56;
    }

    private static boolean isPlain(byte b) {
        return b >= 0x20 && b != '"' && b != '\\';
    }
}
