// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;

/**
 * Where a relay's buffers come from: a pooled allocator of its own, direct, one arena per loop. Netty's adaptive
 * default costs 128 B of heap per read and write on NIO, the pooled one none: its chunks cache their NIO views.
 */
public final class Buffers {
    private static final int MAX_WASTE = 4;
    private static final int PAGE_BYTES = 8192;
    private static final int MAX_ORDER = 7; // chunks of 1 MiB: a quiet relay stays small

    private Buffers() {
    }

    /** Returns an allocator for {@code loops} event loops. */
    public static PooledByteBufAllocator newAllocator(int loops) {
        return new PooledByteBufAllocator(true, 0, loops, PAGE_BYTES, MAX_ORDER,
                PooledByteBufAllocator.defaultSmallCacheSize(), PooledByteBufAllocator.defaultNormalCacheSize(),
                true);
    }

    /** Returns whether a slice of {@code length} bytes would keep several times as much memory from other uses. */
    public static boolean isWasteful(ByteBuf bytes, int length) {
        ByteBuf root = bytes;
        while (root.unwrap() != null) {
            root = root.unwrap();
        }
        return root.capacity() > MAX_WASTE * (long) length;
    }

    /** Returns how many bytes of direct memory an allocator has taken, used or not. */
    public static long directBytes(ByteBufAllocator allocator) {
        return allocator instanceof ByteBufAllocatorMetricProvider provider ? provider.metric().usedDirectMemory() : 0;
    }

    /** Returns how many bytes of direct memory there can be at most. */
    public static long maxDirectBytes() {
        return PlatformDependent.maxDirectMemory();
    }
}
