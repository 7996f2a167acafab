// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HeaderLinesTest {
    /** Bytes from 0x80 on are opaque (RFC 9110 section 5.5), so that they must be sent as they were received. */
    @Test
    void shouldWriteEveryCharacterAsTheByteItIs() {
        StringBuilder every = new StringBuilder();
        for (char c = 0x20; c <= 0xff; c++) {
            every.append(c);
        }
        AsciiString bytes = new AsciiString(every.toString().getBytes(StandardCharsets.ISO_8859_1));
        for (CharSequence value : new CharSequence[] {every.toString(), every, bytes}) {
            ByteBuf out = Unpooled.directBuffer(1);
            try {
                HeaderLines.write(out, "x-name", value);
                assertEquals("x-name: " + every + "\r\n", out.toString(StandardCharsets.ISO_8859_1));
            } finally {
                out.release();
            }
        }
    }
}
