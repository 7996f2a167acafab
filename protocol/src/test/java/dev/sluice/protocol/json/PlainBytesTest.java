// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainBytesTest {
    private final PlainBytes plain = new PlainBytes();

    /** The definition: RFC 8259 section 7, and only ASCII. */
    private static boolean isPlain(byte b) {
        return b >= 0x20 && b != '"' && b != '\\';
    }

    private static int expected(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && isPlain(bytes[i])) {
            i++;
        }
        return i;
    }

    private int found(byte[] bytes, int from, int to) {
        plain.reset();
        return plain.skip(bytes, from, to);
    }

    @Test
    void shouldFindEachByteAtEachPositionOfABlock() {
        byte[] bytes = new byte[192];
        for (int value = Byte.MIN_VALUE; value <= Byte.MAX_VALUE; value++) {
            for (int at = 0; at < bytes.length; at++) {
                Arrays.fill(bytes, (byte) 'x');
                bytes[at] = (byte) value;
                assertEquals(expected(bytes, 0, bytes.length), found(bytes, 0, bytes.length), value + " at " + at);
            }
        }
    }

    /** A byte that is not plain must not make its neighbour look so: the sums of eight bytes share one register. */
    @Test
    void shouldTellEachByteBehindEachOther() {
        byte[] bytes = new byte[64];
        for (int first = Byte.MIN_VALUE; first <= Byte.MAX_VALUE; first++) {
            for (int second = Byte.MIN_VALUE; second <= Byte.MAX_VALUE; second++) {
                Arrays.fill(bytes, (byte) 'x');
                bytes[16] = (byte) first;
                bytes[17] = (byte) second;
                assertEquals(expected(bytes, 17, 64), found(bytes, 17, 64), first + ", " + second);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 63, 64, 65, 127, 128, 200, 1000})
    void shouldSearchAnyRangeOfAnyArray(int length) {
        Random random = new Random(length);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (random.nextInt(40) == 0 ? random.nextInt(256) : 'a' + random.nextInt(26));
        }
        for (int run = 0; run < 2000; run++) {
            int from = random.nextInt(length + 1);
            int to = from + random.nextInt(length + 1 - from);
            // without a reset, as within one feed: the kept block must serve searches that begin anywhere
            assertEquals(expected(bytes, from, to), plain.skip(bytes, from, to), from + " to " + to);
        }
    }

    @Test
    void shouldForgetABlockWhenItIsTold() {
        byte[] bytes = new byte[64];
        Arrays.fill(bytes, (byte) 'x');
        assertEquals(64, plain.skip(bytes, 0, 64));
        bytes[5] = '"';

        assertEquals(5, found(bytes, 0, 64));
    }
}
