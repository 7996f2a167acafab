// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/**
 * A writer of header lines (RFC 9112 section 5). It does not check names and values, because they were checked when
 * they arrived.
 */
public final class HeaderLines {
    private HeaderLines() {
    }

    /**
     * Writes one header line, CRLF included.
     *
     * @param out   borrowed
     * @param name  the name; see {@link #writeLatin1} for its characters
     * @param value the value; see {@link #writeLatin1} for its characters
     */
    public static void write(ByteBuf out, CharSequence name, CharSequence value) {
        writeLatin1(out, name);
        out.writeByte(':').writeByte(' ');
        writeLatin1(out, value);
        ChunkHead.writeCrlf(out);
    }

    /**
     * Writes a text as one byte per character, which is the reverse of how header text is decoded.
     *
     * @param out  borrowed
     * @param text characters up to 0xff
     */
    public static void writeLatin1(ByteBuf out, CharSequence text) {
        ByteBufUtil.writeAscii(out, text); // despite its name, it writes characters up to 0xff unchanged
    }
}
