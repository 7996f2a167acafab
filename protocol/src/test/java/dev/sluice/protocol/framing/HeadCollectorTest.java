// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.protocol.Cuts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class HeadCollectorTest {
    private static final String HEAD = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private final HeadCollector collector = new HeadCollector(HeadScanner.ofRequests(64, 256));

    @Test
    void shouldBringAHeadTogetherHoweverItIsCut() {
        for (int chunkBytes : Cuts.chunkBytes()) {
            collector.reset();
            String collected = null;
            for (byte[] chunk : Cuts.even((HEAD + "rest").getBytes(ISO_8859_1), chunkBytes)) {
                ByteBuf head = collected == null ? collector.collect(Cuts.buffer(chunk)) : null;
                if (head != null) {
                    collected = head.toString(head.readerIndex(), collector.headEnd() - head.readerIndex(),
                            ISO_8859_1);
                    head.release();
                }
            }
            assertEquals(HEAD, collected);
        }
    }

    @Test
    void shouldReleaseWhatItRefusesAndWhatIsIncomplete() {
        ByteBuf malformed = Cuts.buffer("GET  / HTTP/1.1\r\n".getBytes(ISO_8859_1));
        assertThrows(FramingException.class, () -> collector.collect(malformed));
        assertEquals(0, malformed.refCnt());

        collector.reset();
        assertFalse(collector.isMidHead());
        collector.collect(Cuts.buffer("GET".getBytes(ISO_8859_1)));
        assertTrue(collector.isMidHead());
        collector.release();
        collector.release();
    }

    @Test
    void shouldWriteHeaderLinesByteForByte() {
        ByteBuf out = Unpooled.buffer();
        HeaderLines.write(out, "x-name", "caf\u00e9");
        assertEquals("x-name: caf\u00e9\r\n", out.toString(ISO_8859_1));
    }
}
