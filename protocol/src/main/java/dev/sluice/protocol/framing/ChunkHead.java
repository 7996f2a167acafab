// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import io.netty.buffer.ByteBuf;

/** A writer of the framing of the {@code chunked} transfer coding (RFC 9112 section 7.1). It allocates nothing. */
public final class ChunkHead {
    /** CR LF, as one big-endian short. */
    private static final int CRLF = '\r' << 8 | '\n';

    private ChunkHead() {
    }

    /**
     * Writes the size line of a chunk.
     *
     * @param out  borrowed
     * @param size the size of the chunk's data in bytes; at least 1
     */
    public static void write(ByteBuf out, long size) {
        for (int shift = (hexDigits(size) - 1) * 4; shift >= 0; shift -= 4) {
            int digit = (int) (size >>> shift) & 0xf;
            out.writeByte(digit < 10 ? '0' + digit : 'a' + digit - 10);
        }
        writeCrlf(out);
    }

    /**
     * Writes CR LF.
     *
     * @param out borrowed
     */
    public static void writeCrlf(ByteBuf out) {
        out.writeShort(CRLF);
    }

    /**
     * Writes the last chunk, of size 0, and the end of the body, without trailers. It is 5 bytes long.
     *
     * @param out borrowed
     */
    public static void writeLast(ByteBuf out) {
        out.writeByte('0');
        writeCrlf(out);
        writeCrlf(out);
    }

    /**
     * Returns the length of a chunk's size line.
     *
     * @param size the size of the chunk's data in bytes; at least 1
     * @return the length of the line in bytes, CR LF included
     */
    public static int bytes(long size) {
        return hexDigits(size) + 2;
    }

    private static int hexDigits(long size) {
        return Math.max(1, (64 - Long.numberOfLeadingZeros(size) + 3) / 4);
    }
}
