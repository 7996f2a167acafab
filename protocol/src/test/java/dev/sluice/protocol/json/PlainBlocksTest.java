// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.protocol.Cuts;
import io.netty.buffer.ByteBuf;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainBlocksTest {
    private static final int BLOCK = PlainBlocks.BYTES;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 9, 2047, 4088, 4095})
    void shouldStopBeforeABlockWithAnyByteThatIsNotPlain(int position) {
        PlainBlocks blocks = new PlainBlocks();
        byte[] text = new byte[3 * BLOCK + 5];
        for (int value = 0; value < 256; value++) {
            Arrays.fill(text, (byte) 'a');
            text[BLOCK + position] = (byte) value;
            boolean isPlain = value >= 0x20 && value < 0x80 && value != '"' && value != '\\';
            ByteBuf bytes = Cuts.buffer(text);
            try {
                ByteOrder before = bytes.internalNioBuffer(bytes.readerIndex(), 1).order();
                int skipped = blocks.skip(bytes, bytes.readerIndex(), bytes.writerIndex());

                assertEquals(isPlain ? 3 * BLOCK : BLOCK, skipped, "byte " + value);
                assertEquals(before, bytes.internalNioBuffer(bytes.readerIndex(), 1).order());
            } finally {
                bytes.release();
            }
        }
    }

    /** A fault deep in a long string is reported at its own offset, whether or not blocks are skipped. */
    @ParameterizedTest
    @ValueSource(ints = {0, 4095, 4096, 4097, 20_000, 50_000, 65_535})
    void shouldTellTheOffsetOfAFault(int position) {
        byte[] text = ("{\"x\":\"" + "a".repeat(100_000) + "\"}").getBytes(UTF_8);
        text[6 + position] = 0x1f;
        ByteBuf bytes = Cuts.buffer(text);
        JsonScanner scanner = new JsonScanner(WatchTable.builder().build(), JsonLimits.DEFAULT);
        try {
            JsonException fault = assertThrows(JsonException.class, () -> scanner.feed(bytes, bytes.readerIndex(),
                    bytes.writerIndex(), new byte[4096]));

            assertEquals(6 + position, fault.offset());
        } finally {
            bytes.release();
        }
    }

    @Test
    void shouldTellTheSameValuesHoweverLongTheyAre() {
        StringBuilder text = new StringBuilder("{\"a\":\"");
        text.append("x".repeat(30_000)).append("\\n\u00e9").append("y".repeat(30_000)).append("\",\"b\":\"");
        int start = text.toString().getBytes(UTF_8).length - 1;
        text.append("z".repeat(20_000)).append("\"}");
        byte[] all = text.toString().getBytes(UTF_8);
        WatchTable.Builder table = WatchTable.builder();
        int watch = table.watch("b", 0);
        long[] found = new long[2];
        JsonScanner scanner = new JsonScanner(table.build(), JsonLimits.DEFAULT);
        for (int chunkBytes : new int[] {5000, 16_384, all.length}) {
            scanner.reset((value, kind, from, to, capture) -> {
                if (value == watch) {
                    found[0] = from;
                    found[1] = to;
                }
            });
            for (byte[] chunk : Cuts.even(all, chunkBytes)) {
                ByteBuf bytes = Cuts.buffer(chunk);
                scanner.feed(bytes, bytes.readerIndex(), bytes.writerIndex(), new byte[1000]);
                bytes.release();
            }
            scanner.end();

            assertEquals(start, found[0]);
            assertEquals(all.length - 1, found[1]);
            assertEquals(all.length, scanner.position());
        }
    }
}
