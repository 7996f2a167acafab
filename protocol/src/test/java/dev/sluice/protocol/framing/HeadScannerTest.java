// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.protocol.Cuts;
import dev.sluice.protocol.framing.FramingException.Fault;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadScannerTest {
    private static final int NOT_FOUND = -1;

    /** Returns the head's length in bytes, or -1 if the head is not complete. */
    private static int scan(HeadScanner scanner, String text, int chunkBytes) {
        int consumed = 0;
        for (byte[] chunk : Cuts.even(text.getBytes(ISO_8859_1), chunkBytes)) {
            ByteBuf buffer = Cuts.buffer(chunk);
            int end;
            try {
                end = scanner.scan(buffer, buffer.readerIndex(), buffer.writerIndex());
            } finally {
                buffer.release();
            }
            if (end >= 0) {
                return consumed + end - 3;
            }
            consumed += chunk.length;
        }
        return NOT_FOUND;
    }

    private static int scanRequest(String text, int chunkBytes) {
        return scan(HeadScanner.ofRequests(64, 256), text, chunkBytes);
    }

    @Test
    void shouldFindTheEndOfAHeadHoweverItIsCut() {
        String head = "POST /v1/responses HTTP/1.1\r\nHost: a\r\nContent-Type:application/json\r\n\r\n";
        for (int chunkBytes : Cuts.chunkBytes()) {
            assertEquals(head.length(), scanRequest(head + "{\"a\":1}", chunkBytes));
            assertEquals(head.length() + 2, scanRequest("\r\n" + head, chunkBytes));
            assertEquals(NOT_FOUND, scanRequest(head.substring(0, head.length() - 1), chunkBytes));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "POST  / HTTP/1.1\r\nHost: a\r\n\r\n", "POST /\tx HTTP/1.1\r\n\r\n", "POST / HTTP/1.1 \r\n\r\n",
        "POST / HTTP/1.1\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\n\n",
        "POST / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n",
        "POST / HTTP/1.1\r\n Host: a\r\n\r\n", "POST / HTTP/1.1\r\nHost : a\r\n\r\n", "POST / HTTP/1.1\r\n: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nHOST: b\r\n\r\n", "POST / HTTP/1.1\r\nX: a\rb\r\n\r\n",
        "POST / HTTP/1.1\r\nX: a\u0000b\r\n\r\n", "POST / HTTP/1.1\r\nX: a\u000bb\r\n\r\n", "POST /\r\n\r\n",
        "POST / HTTP/1.1 x\r\n\r\n", " POST / HTTP/1.1\r\n\r\n", "P\u0001ST / HTTP/1.1\r\n\r\n",
        "POST /\u00e9 HTTP/1.1\r\n\r\n", "POST /\u007f HTTP/1.1\r\n\r\n", "P(ST / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nnocolon\r\n\r\n", "\r\n\r\nPOST / HTTP/1.1\r\n\r\n", "\rPOST / HTTP/1.1\r\n\r\n",
        "\nPOST / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\r\n\r\n", "POST / HTTP/1.\r\n\r\n"})
    void shouldRefuseWhatACodecWouldRepair(String text) {
        for (int chunkBytes : Cuts.chunkBytes()) {
            FramingException refusal = assertThrows(FramingException.class, () -> scanRequest(text, chunkBytes));
            assertEquals(Fault.MALFORMED, refusal.fault());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.2\r\n\r\n", "GET / http/1.1\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.10\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n"})
    void shouldTellAnotherVersionApart(String text) {
        assertEquals(Fault.VERSION, assertThrows(FramingException.class, () -> scanRequest(text, 7)).fault());
    }

    @Test
    void shouldHoldItsLimits() {
        String longLine = "GET /" + "a".repeat(64) + " HTTP/1.1\r\n\r\n";
        String longHead = "GET / HTTP/1.1\r\nX: " + "a".repeat(256) + "\r\n\r\n";

        assertEquals(Fault.START_LINE_TOO_LONG,
                assertThrows(FramingException.class, () -> scanRequest(longLine, 7)).fault());
        assertEquals(Fault.HEAD_TOO_LARGE,
                assertThrows(FramingException.class, () -> scanRequest(longHead, 7)).fault());
    }

    @Test
    void shouldNotTakeALongerNameForHost() {
        String head = "GET / HTTP/1.1\r\nHost: a\r\nHosts: b\r\nHos: c\r\nX-Host: d\r\n\r\n";
        assertEquals(head.length(), scanRequest(head, 3));
    }

    @Test
    void shouldScanResponseHeads() {
        String head = "HTTP/1.1 200 OK\r\nX: \u00e9\r\n\r\n";
        HeadScanner scanner = HeadScanner.ofResponses(64, 256);

        assertEquals(head.length(), scan(scanner, head + "body", 3));
        assertFalse(scanner.isMidHead());
        scanner.reset();
        assertThrows(FramingException.class, () -> scan(scanner, "HTTP/1.1 200 OK\nX: y\r\n\r\n", 3));
        scanner.reset();
        assertThrows(FramingException.class, () -> scan(scanner, "\r\nHTTP/1.1 200 OK\r\n\r\n", 3));
    }
}
