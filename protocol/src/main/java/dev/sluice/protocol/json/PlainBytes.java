// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A search for the end of the plain part of a JSON string, at memory speed. Every byte is checked, 32 at a time.
 *
 * <p>A byte is plain unless it is a control character, a quote, a backslash or not ASCII. The test of eight bytes
 * {@code x} is {@code x | ((x ^ 02..) - 21..) | ((x ^ 5c..) - 01..)}. The lowest byte of the result with the high bit
 * set marks the first byte that is not plain:
 * <ul>
 * <li>{@code x} detects bytes from 0x80 on.
 * <li>{@code ^ 0x02} swaps the quote (0x22) with 0x20, so that one subtraction detects it together with all bytes below
 *     0x20.
 * <li>{@code ^ 0x5c} turns the backslash (0x5c) into 0, which the subtraction of 1 detects.
 * <li>A borrow comes only from a byte that is detected itself, so the lowest detected byte is always correct.
 * </ul>
 *
 * <p>Within 32 bytes, the position of the first one that is not plain is computed without a branch: in source code, a
 * line ends after an unpredictable number of bytes, and a mispredicted branch costs as much as the test of 32 bytes.
 */
final class PlainBytes {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;
    /** Multiplied with the high bits of eight bytes, shifted to the lowest bits, collects them in the highest byte. */
    private static final long COLLECT = 0x0102040810204080L;

    private PlainBytes() {
    }

    /** Returns the index of the first byte in {@code [from, to)} that is not plain, or {@code to}. */
    static int skip(byte[] bytes, int from, int to) {
        int i = from;
        while (i <= to - 32) {
            long a = test((long) LONGS.get(bytes, i)) & HIGH_BITS;
            long b = test((long) LONGS.get(bytes, i + 8)) & HIGH_BITS;
            long c = test((long) LONGS.get(bytes, i + 16)) & HIGH_BITS;
            long d = test((long) LONGS.get(bytes, i + 24)) & HIGH_BITS;
            if ((a | b | c | d) != 0) {
                return i + Integer.numberOfTrailingZeros(collect(a) | collect(b) << 8 | collect(c) << 16
                        | collect(d) << 24);
            }
            i += 32;
        }
        while (i <= to - 8) {
            long found = test((long) LONGS.get(bytes, i)) & HIGH_BITS;
            if (found != 0) {
                return i + (Long.numberOfTrailingZeros(found) >>> 3);
            }
            i += 8;
        }
        while (i < to && isPlain(bytes[i])) {
            i++;
        }
        return i;
    }

    private static long test(long x) {
        return x | (x ^ 0x0202020202020202L) - 0x2121212121212121L | (x ^ 0x5c5c5c5c5c5c5c5cL) - 0x0101010101010101L;
    }

    /** Returns the high bits of eight bytes as eight bits, the lowest of the first byte. */
    private static int collect(long highBits) {
        return (int) ((highBits >>> 7) * COLLECT >>> 56);
    }

    private static boolean isPlain(byte b) {
        return b >= 0x20 && b != '"' && b != '\\';
    }
}
