// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/** Writes header lines (RFC 9112 section 5) whose names and values were checked when they came in. */
public final class HeaderLines {
    private HeaderLines() {
    }

    /** Writes one line; see {@link #writeLatin1}. */
    public static void write(ByteBuf out, CharSequence name, CharSequence value) {
        writeLatin1(out, name);
        out.writeByte(':').writeByte(' ');
        writeLatin1(out, value);
        ChunkHead.writeCrlf(out);
    }

    /** Writes text as one byte per character: the way back of how header text is decoded. */
    public static void writeLatin1(ByteBuf out, CharSequence text) {
        ByteBufUtil.writeAscii(out, text); // which writes every character up to 0xff as the byte that it is
    }
}
