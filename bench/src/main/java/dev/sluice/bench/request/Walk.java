// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.request;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** A walk over bytes that does the least possible work per byte. */
final class Walk {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Walk() {
    }

    static long sum(byte[] bytes, int length) {
        long sum = 0;
        int i = 0;
        for (; i <= length - 8; i += 8) {
            sum += (long) LONGS.get(bytes, i);
        }
        for (; i < length; i++) {
            sum += bytes[i];
        }
        return sum;
    }
}
