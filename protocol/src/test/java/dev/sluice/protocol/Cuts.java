// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Byte strings in pieces, for the rule that every scanner gives the same result however its input is cut. */
public final class Cuts {
    private Cuts() {
    }

    /** Bytes per chunk that every byte-stream class is run at; the last one is "all". */
    public static int[] chunkBytes() {
        return new int[] {1, 2, 3, 7, Integer.MAX_VALUE};
    }

    /** Cuts into chunks of equal size. */
    public static List<byte[]> even(byte[] text, int chunkBytes) {
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < text.length;) {
            int end = (int) Math.min(text.length, (long) i + chunkBytes);
            chunks.add(java.util.Arrays.copyOfRange(text, i, end));
            i = end;
        }
        return chunks;
    }

    /** Cuts into random chunks of 1 to {@code maxBytes}. */
    public static List<byte[]> random(byte[] text, int maxBytes, SplittableRandom random) {
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < text.length;) {
            int end = Math.min(text.length, i + 1 + random.nextInt(maxBytes));
            chunks.add(java.util.Arrays.copyOfRange(text, i, end));
            i = end;
        }
        return chunks;
    }

    /** A pooled direct buffer, as a channel would read it, with some bytes before the first. */
    public static ByteBuf buffer(byte[] bytes) {
        ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length + 3);
        return buffer.writeMedium(0).skipBytes(3).writeBytes(bytes);
    }
}
