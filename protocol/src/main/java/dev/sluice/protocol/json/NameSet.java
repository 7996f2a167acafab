// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The set of names seen in one object, stored as 64-bit hashes under a secret seed. A collision, which happens once in
 * 2^44 objects of 1,024 members, refuses a valid body. A duplicate never goes undetected.
 */
final class NameSet {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long SEED = new SplittableRandom().nextLong();
    private static final long FREE = 0;

    private long[] hashes = new long[32];
    private int count;

    void clear() {
        if (count > 0) {
            Arrays.fill(hashes, FREE);
            count = 0;
        }
    }

    int count() {
        return count;
    }

    /** Adds the name {@code bytes[from, from + length)}. Returns whether it is new. */
    boolean add(byte[] bytes, int from, int length) {
        if (2 * count >= hashes.length) {
            grow();
        }
        long hash = hash(bytes, from, length);
        int slot = slot(hash);
        if (hashes[slot] == hash) {
            return false;
        }
        hashes[slot] = hash;
        count++;
        return true;
    }

    private int slot(long hash) {
        int mask = hashes.length - 1;
        int slot = (int) hash & mask;
        while (hashes[slot] != FREE && hashes[slot] != hash) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        long[] old = hashes;
        hashes = new long[2 * old.length];
        for (long hash : old) {
            if (hash != FREE) {
                hashes[slot(hash)] = hash;
            }
        }
    }

    private static long mix(long hash) {
        long mixed = hash * 0x9E3779B97F4A7C15L;
        return mixed ^ mixed >>> 29;
    }

    private static long hash(byte[] bytes, int from, int length) {
        long hash = SEED ^ length;
        int end = from + length;
        int i = from;
        for (; i <= end - 8; i += 8) {
            hash = mix(hash ^ (long) LONGS.get(bytes, i));
        }
        long rest = 0;
        for (; i < end; i++) {
            rest = rest << 8 | bytes[i] & 0xff;
        }
        hash = mix(hash ^ rest);
        hash = (hash ^ hash >>> 32) * 0xD6E8FEB86659FD93L;
        hash ^= hash >>> 32;
        return hash == FREE ? 1 : hash;
    }
}
