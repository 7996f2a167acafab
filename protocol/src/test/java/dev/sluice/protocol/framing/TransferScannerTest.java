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
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransferScannerTest {
    private final TransferScanner scanner = new TransferScanner();
    private final BodyPiece piece = new BodyPiece();
    private final StringBuilder body = new StringBuilder();
    private final StringBuilder raw = new StringBuilder();
    private int unread;

    private void feed(List<byte[]> chunks) {
        for (byte[] chunk : chunks) {
            ByteBuf buffer = Cuts.buffer(chunk);
            try {
                int end = scanner.scan(buffer, buffer.readerIndex(), buffer.writerIndex(), piece);
                unread += buffer.writerIndex() - end;
                collect(buffer);
            } finally {
                buffer.release();
            }
        }
    }

    private void collect(ByteBuf buffer) {
        BodyRuns runs = piece.runs();
        for (int i = 0; i < runs.count(); i++) {
            body.append(buffer.toString(runs.start(i), runs.length(i), ISO_8859_1));
        }
        ByteBuf resumed = Unpooled.buffer();
        piece.writeResumed(resumed);
        assertEquals(piece.resumedBytes(), resumed.readableBytes());
        raw.append(resumed.toString(ISO_8859_1));
        int rawStart = piece.rawStart();
        raw.append(buffer.toString(rawStart, piece.rawEnd() - rawStart, ISO_8859_1));
        if (piece.isReframingNeeded()) {
            for (int i = 0; i < runs.count(); i++) {
                if (runs.start(i) >= piece.rawEnd()) {
                    String run = buffer.toString(runs.start(i), runs.length(i), ISO_8859_1);
                    raw.append(Integer.toHexString(run.length())).append("\r\n").append(run).append("\r\n");
                }
            }
        }
    }

    @Test
    void shouldPassOnEverythingButTheEndHoweverTheBodyIsCut() {
        String wire = "5\r\nhello\r\n1\r\n \r\nC\r\nworld\r\n0\r\n\r\n\r\n";
        for (int chunkBytes : Cuts.chunkBytes()) {
            scanner.resetToChunked();
            body.setLength(0);
            raw.setLength(0);

            feed(Cuts.even((wire + "0\r\n\r\n").getBytes(ISO_8859_1), chunkBytes));

            assertTrue(scanner.isEnded());
            assertEquals("hello world\r\n0\r\n\r\n", body.toString());
            assertEquals(wire.toLowerCase(java.util.Locale.ROOT), raw.toString().toLowerCase(java.util.Locale.ROOT));
        }
    }

    @RepeatedTest(300)
    void shouldGiveTheSameBodyRawAndReframed(RepetitionInfo repetition) {
        SplittableRandom random = new SplittableRandom(repetition.getCurrentRepetition());
        StringBuilder expected = new StringBuilder();
        StringBuilder wire = new StringBuilder();
        int chunks = random.nextInt(12);
        boolean hasExtensions = random.nextInt(3) == 0;
        for (int i = 0; i < chunks; i++) {
            String data = "d".repeat(1 + random.nextInt(40)) + "\r\n";
            expected.append(data);
            wire.append(Integer.toHexString(data.length()))
                    .append(hasExtensions && random.nextBoolean() ? ";a=\"b\"" : "").append("\r\n").append(data)
                    .append("\r\n");
        }
        wire.append("000\r\n").append(random.nextBoolean() ? "T: v\r\nU:\r\n" : "").append("\r\n");
        scanner.resetToChunked();

        feed(Cuts.random((wire + "NEXT").getBytes(ISO_8859_1), 1 + random.nextInt(20), random));

        String seed = "seed " + repetition.getCurrentRepetition();
        assertTrue(scanner.isEnded(), seed);
        assertEquals(4, unread, seed);
        assertEquals(expected.toString(), body.toString(), seed);
        assertEquals(expected.toString(), bodyOf(raw + "0\r\n\r\n"), seed);
        assertFalse(raw.toString().contains(";"), seed);
    }

    private static String bodyOf(String wire) {
        TransferScannerTest again = new TransferScannerTest();
        again.scanner.resetToChunked();
        again.feed(List.of(wire.getBytes(ISO_8859_1)));
        assertTrue(again.scanner.isEnded());
        return again.body.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x\r\n", "\r\n", "-1\r\n", "+1\r\n", "0x1\r\na", " 1\r\na", "1 \r\na", "1\na\r\n",
        "1\r\nab",
        "1\r\na\n", "1\r\na\rb", "1234567890123456\r\n", "1;\n", "1;a\u0000\r\n", "0\r\nT: v\n\r\n",
        "0\r\n x: y\r\n\r\n",
        "0\r\n\rx", "0\r\n:v\r\n", "1\rx", ";a\r\n"})
    void shouldRefuseMalformedChunks(String wire) {
        for (int chunkBytes : Cuts.chunkBytes()) {
            scanner.resetToChunked();
            assertThrows(FramingException.class, () -> feed(Cuts.even(wire.getBytes(ISO_8859_1), chunkBytes)), wire);
        }
    }

    @Test
    void shouldBoundExtensionsAndTrailers() {
        scanner.resetToChunked();
        assertThrows(FramingException.class,
                () -> feed(List.of(("1;" + "e".repeat(300) + "\r\n").getBytes(ISO_8859_1))));
        scanner.resetToChunked();
        assertThrows(FramingException.class,
                () -> feed(List.of(("0\r\nT: " + "t".repeat(9000) + "\r\n").getBytes(ISO_8859_1))));
    }

    @Test
    void shouldStopAtItsLength() {
        scanner.resetToLength(5);

        feed(Cuts.even("helloNEXT".getBytes(ISO_8859_1), 3));

        assertTrue(scanner.isEnded());
        assertEquals("hello", body.toString());
        assertEquals(4, unread);
    }

    @Test
    void shouldTakeEverythingUntilTheClose() {
        scanner.resetToClose();

        feed(Cuts.even("0\r\n\r\n".getBytes(ISO_8859_1), 2));

        assertFalse(scanner.isEnded());
        assertEquals("0\r\n\r\n", body.toString());
    }

    @Test
    void shouldTellWhetherItStandsBetweenChunks() {
        scanner.resetToChunked();
        feed(List.of("3\r\na".getBytes(ISO_8859_1)));
        assertFalse(piece.isAtChunkBoundary());
        feed(List.of("bc\r\n".getBytes(ISO_8859_1)));
        assertTrue(piece.isAtChunkBoundary());
        feed(List.of("1".getBytes(ISO_8859_1)));
        assertTrue(piece.isAtChunkBoundary());
    }

    @Test
    void shouldWriteCanonicalChunkHeads() {
        for (long size : new long[] {1, 15, 16, 255, 256, 4096, 0x7fffffffL, 0xfffffffffffL}) {
            ByteBuf out = Unpooled.buffer();
            ChunkHead.write(out, size);
            assertEquals(Long.toHexString(size) + "\r\n", out.toString(ISO_8859_1));
            assertEquals(ChunkHead.bytes(size), out.readableBytes());
        }
    }
}
