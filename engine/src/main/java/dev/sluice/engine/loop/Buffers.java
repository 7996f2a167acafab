// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;

/**
 * The allocator of a relay's buffers: pooled, direct, with one arena per loop. Netty's adaptive default costs 128 B of
 * heap per read and write on NIO. The pooled allocator costs none, because its chunks cache their NIO views.
 */
public final class Buffers {
    private static final int MAX_WASTE = 4;
    private static final int PAGE_BYTES = 8192;
    private static final int MAX_ORDER = 7; // chunks of 1 MiB, so that an idle relay uses little memory

    private Buffers() {
    }

    /** Creates an allocator for {@code loops} event loops. */
    public static PooledByteBufAllocator newAllocator(int loops) {
        return new PooledByteBufAllocator(true, 0, loops, PAGE_BYTES, MAX_ORDER,
                PooledByteBufAllocator.defaultSmallCacheSize(), PooledByteBufAllocator.defaultNormalCacheSize(),
                true);
    }

    /** Returns whether a slice of {@code length} bytes would retain a buffer of more than four times that size. */
    public static boolean isWasteful(ByteBuf bytes, int length) {
        ByteBuf root = bytes;
        while (root.unwrap() != null) {
            root = root.unwrap();
        }
        return root.capacity() > MAX_WASTE * (long) length;
    }

    /** {@return the number of bytes of direct memory that an allocator has reserved, used or not} */
    public static long directBytes(ByteBufAllocator allocator) {
        return allocator instanceof ByteBufAllocatorMetricProvider provider ? provider.metric().usedDirectMemory() : 0;
    }

    /** {@return the limit of direct memory in bytes} */
    public static long maxDirectBytes() {
        return PlatformDependent.maxDirectMemory();
    }
}
