// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Byte strings cut into chunks. They test the rule that every scanner gives the same result, however its input is cut.
 */
public final class Cuts {
    private Cuts() {
    }

    /** Returns the chunk sizes in bytes that every byte-stream class is tested with. The last one means "all bytes". */
    public static int[] chunkBytes() {
        return new int[] {1, 2, 3, 7, Integer.MAX_VALUE};
    }

    /** Cuts a text into chunks of equal size, except for a shorter last one. */
    public static List<byte[]> even(byte[] text, int chunkBytes) {
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < text.length;) {
            int end = (int) Math.min(text.length, (long) i + chunkBytes);
            chunks.add(java.util.Arrays.copyOfRange(text, i, end));
            i = end;
        }
        return chunks;
    }

    /** Cuts a text into chunks of 1 to {@code maxBytes} bytes, at random. */
    public static List<byte[]> random(byte[] text, int maxBytes, SplittableRandom random) {
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < text.length;) {
            int end = Math.min(text.length, i + 1 + random.nextInt(maxBytes));
            chunks.add(java.util.Arrays.copyOfRange(text, i, end));
            i = end;
        }
        return chunks;
    }

    /** Returns a pooled direct buffer, like one that a channel read, with three bytes before the reader index. */
    public static ByteBuf buffer(byte[] bytes) {
        ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length + 3);
        return buffer.writeMedium(0).skipBytes(3).writeBytes(bytes);
    }
}
