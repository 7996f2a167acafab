// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.protocol.LeakGuard;
import dev.sluice.protocol.websocket.FrameScanner.Found;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakGuard.class)
class FrameScannerTest {
    private static final int KEY = 0x37fa213d;

    /** Returns what a scanner finds, as one text: frames in order, each message's payload joined. */
    private static String findings(FrameScanner scanner, byte[] wire, int chunkBytes) {
        StringBuilder found = new StringBuilder();
        for (int from = 0; from < wire.length; from += chunkBytes) {
            ByteBuf read = Unpooled.copiedBuffer(wire, from, Math.min(chunkBytes, wire.length - from));
            int i = 0;
            Found next = scanner.scan(read, i, read.writerIndex());
            while (next != Found.NOTHING) {
                i = scanner.to();
                if (next == Found.CONTROL) {
                    found.append("<").append(scanner.opcode()).append(':')
                            .append(scanner.control().toString(StandardCharsets.UTF_8)).append('>');
                } else {
                    if (scanner.isMessageBegin()) {
                        found.append(scanner.opcode()).append('[');
                    }
                    found.append(read.toString(scanner.from(), scanner.to() - scanner.from(),
                            StandardCharsets.ISO_8859_1));
                    if (scanner.isMessageEnd()) {
                        found.append(']');
                    }
                }
                next = scanner.scan(read, i, read.writerIndex());
            }
            assertEquals(read.writerIndex(), scanner.to());
            read.release();
        }
        return found.toString();
    }

    private static FrameScanner ofServer() {
        return new FrameScanner(false, Long.MAX_VALUE, 1000);
    }

    private static byte[] frame(int opcode, boolean isFinal, String payload, boolean isMasked) {
        ByteBuf out = Unpooled.buffer();
        byte[] bytes = payload.getBytes(StandardCharsets.ISO_8859_1);
        if (isMasked) {
            FrameWriter.writeMaskedHead(out, opcode, isFinal, bytes.length, KEY);
        } else {
            FrameWriter.writeHead(out, opcode, isFinal, bytes.length);
        }
        int at = out.writerIndex();
        out.writeBytes(bytes);
        if (isMasked) {
            FrameWriter.mask(out, at, out.writerIndex(), KEY, 0);
        }
        byte[] wire = ByteBufUtil.getBytes(out);
        out.release();
        return wire;
    }

    private static byte[] join(byte[]... parts) {
        ByteBuf all = Unpooled.wrappedBuffer(parts);
        byte[] wire = ByteBufUtil.getBytes(all);
        all.release();
        return wire;
    }

    @ParameterizedTest(name = "{0} bytes per read")
    @ValueSource(ints = {1, 2, 3, 7, 8, 9, 100, 1_000_000})
    void shouldFindEveryFrameHoweverTheReadsAreCut(int chunkBytes) {
        for (boolean isMasked : new boolean[] {false, true}) {
            String large = "x".repeat(70_000);
            byte[] wire = join(frame(FrameScanner.TEXT, true, "Hello", isMasked),
                    frame(FrameScanner.TEXT, false, "a", isMasked), frame(FrameScanner.PING, true, "p", isMasked),
                    frame(FrameScanner.CONTINUATION, false, "", isMasked),
                    frame(FrameScanner.CONTINUATION, true, "b", isMasked),
                    frame(FrameScanner.BINARY, true, "", isMasked),
                    frame(FrameScanner.TEXT, true, "y".repeat(126), isMasked),
                    frame(FrameScanner.PONG, true, "", isMasked), frame(FrameScanner.TEXT, true, large, isMasked),
                    frame(FrameScanner.CLOSE, true, "z".repeat(125), isMasked));
            FrameScanner scanner = new FrameScanner(isMasked, Long.MAX_VALUE, 1000);

            String found = findings(scanner, wire, chunkBytes);

            assertEquals("1[Hello]1[a<9:p>b]2[]1[" + "y".repeat(126) + "]<10:>1[" + large + "]<8:" + "z".repeat(125)
                    + ">", found);
            assertTrue(scanner.isBetweenMessages());
        }
    }

    /** The examples of RFC 6455 section 5.7. */
    @Test
    void shouldReadTheExamplesOfTheStandard() {
        assertEquals("1[Hello]", findings(ofServer(), ByteBufUtil.decodeHexDump("810548656c6c6f"), 100));
        assertEquals("1[Hello]", findings(new FrameScanner(true, 100, 10),
                ByteBufUtil.decodeHexDump("818537fa213d7f9f4d5158"), 3));
        assertEquals("1[Hello]", findings(ofServer(), ByteBufUtil.decodeHexDump("010348656c80026c6f"), 2));
        assertEquals("<9:Hello>", findings(ofServer(), ByteBufUtil.decodeHexDump("890548656c6c6f"), 4));
        assertEquals("<10:Hello>", findings(new FrameScanner(true, 100, 10),
                ByteBufUtil.decodeHexDump("8a8537fa213d7f9f4d5158"), 1));
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', value = {
        "c10548656c6c6f | 1002 | frame: a reserved bit is set",
        "a10548656c6c6f | 1002 | frame: a reserved bit is set",
        "910548656c6c6f | 1002 | frame: a reserved bit is set",
        "83 | 1002 | frame: opcode 3", "87 | 1002 | frame: opcode 7", "8b | 1002 | frame: opcode 11",
        "8f | 1002 | frame: opcode 15",
        "80 | 1002 | frame: a continuation without a message",
        "010161 | 0 | ", "01016181 | 1002 | frame: a new message within another one",
        "01016182 | 1002 | frame: a new message within another one",
        "09 | 1002 | frame: a control frame in fragments", "08 | 1002 | frame: a control frame in fragments",
        "897e | 1002 | frame: a control frame of over 125 bytes", "887f | 1002 | frame: a control frame of over 125",
        "817e007d | 1002 | frame: length 125 in too many bytes", "817e007e | 0 | ",
        "817f000000000000ffff | 1002 | frame: length 65535 in too many bytes", "817f0000000000010000 | 0 | ",
        "817f8000000000000000 | 1002 | frame: a length of over 63 bits",
        "817f7fffffffffffffff | 1009 | message: over 1000000 bytes",
        "817f00000000000f4241 | 1009 | message: over 1000000 bytes",
        "817f00000000000f4240 | 0 | ", "818537fa213d | 1002 | frame: masked"
    })
    void shouldRefuseWhatBreaksTheProtocol(String wire, int status, String message) {
        for (int chunkBytes : new int[] {1, 100}) {
            FrameScanner scanner = new FrameScanner(false, 1_000_000, 3);
            byte[] bytes = ByteBufUtil.decodeHexDump(wire);
            if (status == 0) {
                findings(scanner, bytes, chunkBytes);
                assertFalse(scanner.isBetweenMessages());
                continue;
            }
            WebSocketException refusal = assertThrows(WebSocketException.class,
                    () -> findings(scanner, bytes, chunkBytes));
            assertEquals(status, refusal.status());
            assertTrue(refusal.getMessage().startsWith(message.trim()), refusal.getMessage());
        }
    }

    @Test
    void shouldRelayAFrameOfAnyLength() {
        FrameScanner scanner = ofServer();

        assertEquals("1[abc", findings(scanner, ByteBufUtil.decodeHexDump("817f7fffffffffffffff616263"), 100));
        assertEquals("d", findings(scanner, new byte[] {'d'}, 1));
        assertFalse(scanner.isBetweenMessages());
    }

    @Test
    void shouldRequireTheMaskOfAClient() {
        WebSocketException refusal = assertThrows(WebSocketException.class, () -> findings(new FrameScanner(true, 100,
                10), ByteBufUtil.decodeHexDump("810548656c6c6f"), 100));

        assertEquals(CloseStatus.PROTOCOL_ERROR, refusal.status());
    }

    @Test
    void shouldBoundAMessageOfManyFrames() {
        byte[] empty = frame(FrameScanner.CONTINUATION, false, "", false);
        byte[] five = frame(FrameScanner.CONTINUATION, false, "55555", false);
        FrameScanner ofFrames = new FrameScanner(false, 100, 3);
        findings(ofFrames, join(frame(FrameScanner.TEXT, false, "", false), empty, empty), 100);
        FrameScanner ofBytes = new FrameScanner(false, 12, 100);
        findings(ofBytes, join(frame(FrameScanner.TEXT, false, "55", false), five, five), 100);

        assertEquals(CloseStatus.TOO_LARGE, assertThrows(WebSocketException.class,
                () -> findings(ofFrames, empty, 100)).status());
        assertEquals(CloseStatus.TOO_LARGE, assertThrows(WebSocketException.class,
                () -> findings(ofBytes, frame(FrameScanner.CONTINUATION, true, "1", false), 100)).status());
        FrameScanner next = new FrameScanner(false, 12, 2); // each message has limits of its own
        for (int i = 0; i < 5; i++) {
            findings(next, frame(FrameScanner.TEXT, true, "1234567890", false), 3);
        }
    }

    /** Random messages, cut into random frames with control frames between them, read in random pieces. */
    @Test
    void shouldJoinRandomFragments() {
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            boolean isMasked = random.nextBoolean();
            List<byte[]> wire = new ArrayList<>();
            StringBuilder expected = new StringBuilder();
            for (int message = 0; message < 3; message++) {
                int opcode = random.nextBoolean() ? FrameScanner.TEXT : FrameScanner.BINARY;
                expected.append(opcode).append('[');
                int fragments = 1 + random.nextInt(4);
                for (int i = 0; i < fragments; i++) {
                    String payload = "q".repeat(random.nextInt(3) == 0 ? random.nextInt(70_000) : random.nextInt(20));
                    wire.add(frame(i == 0 ? opcode : FrameScanner.CONTINUATION, i == fragments - 1, payload, isMasked));
                    expected.append(payload);
                    if (i < fragments - 1 && random.nextBoolean()) {
                        wire.add(frame(FrameScanner.PING, true, "c" + i, isMasked));
                        expected.append("<9:c").append(i).append('>');
                    }
                }
                expected.append(']');
            }
            FrameScanner scanner = new FrameScanner(isMasked, Long.MAX_VALUE, 10);

            assertEquals(expected.toString(), findings(scanner, join(wire.toArray(byte[][]::new)),
                    1 + random.nextInt(5000)));
        }
    }

    @Test
    void shouldMaskFromAnyOffset() {
        byte[] plain = new byte[100];
        new Random(3).nextBytes(plain);
        byte[] key = {0x37, (byte) 0xfa, 0x21, 0x3d};
        for (int cut = 0; cut <= plain.length; cut++) {
            ByteBuf bytes = Unpooled.copiedBuffer(plain);
            FrameWriter.mask(bytes, 0, cut, KEY, 0);
            FrameWriter.mask(bytes, cut, plain.length, KEY, cut);
            for (int i = 0; i < plain.length; i++) {
                assertEquals((byte) (plain[i] ^ key[i % 4]), bytes.getByte(i), "byte " + i + ", cut " + cut);
            }
            bytes.release();
        }
    }
}
