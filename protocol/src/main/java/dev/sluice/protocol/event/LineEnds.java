// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A search for the end of a line, at memory speed. A line ends with CR or LF. Both are control characters, and the only
 * other one in JSON text is the tab. One test for bytes below 0x20 therefore finds them:
 * {@code (x - 20..) & ~x & 80..}.
 */
final class LineEnds {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long SPACES = 0x2020202020202020L;

    private LineEnds() {
    }

    /** Returns the index of the first CR or LF in {@code [from, to)}, or {@code to} if there is none. */
    static int find(byte[] bytes, int from, int to) {
        int i = from;
        while (true) {
            i = findControl(bytes, i, to);
            if (i == to || bytes[i] == '\n' || bytes[i] == '\r') {
                return i;
            }
            i++;
        }
    }

    private static int findControl(byte[] bytes, int from, int to) {
        int i = from;
        while (i <= to - 32) {
            long found = test((long) LONGS.get(bytes, i)) | test((long) LONGS.get(bytes, i + 8))
                    | test((long) LONGS.get(bytes, i + 16)) | test((long) LONGS.get(bytes, i + 24));
            if ((found & HIGH_BITS) != 0) {
                break;
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
        while (i < to && (bytes[i] & 0xff) >= 0x20) {
            i++;
        }
        return i;
    }

    private static long test(long x) {
        return x - SPACES & ~x;
    }
}
