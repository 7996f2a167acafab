// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CloseStatusTest {
    @ParameterizedTest
    @CsvSource({"1000, true", "1001, true", "1002, true", "1003, true", "1007, true", "1008, true", "1009, true",
        "1010, true", "1011, true", "1012, true", "1013, true", "1014, true", "3000, true", "4999, true", "0, false",
        "999, false", "1004, false", "1005, false", "1006, false", "1015, false", "1016, false", "2999, false",
        "5000, false", "65535, false"})
    void shouldAcceptTheStatusesThatMayBeSent(int status, boolean mayBeSent) {
        ByteBuf payload = Unpooled.buffer().writeShort(status);
        payload.writeCharSequence("bye é", StandardCharsets.UTF_8);

        assertEquals(mayBeSent, CloseStatus.mayBeSent(status));
        if (mayBeSent) {
            assertEquals(status, CloseStatus.read(payload));
        } else {
            assertEquals(CloseStatus.PROTOCOL_ERROR, assertThrows(WebSocketException.class,
                    () -> CloseStatus.read(payload)).status());
        }
        payload.release();
    }

    @ParameterizedTest
    @CsvSource(value = {"'', 1005, 0", "03, 0, 1002", "03e8, 1000, 0", "03e8c3, 0, 1007", "03e8ff, 0, 1007",
        "03e8c3a9, 1000, 0", "03e8eda080, 0, 1007"})
    void shouldCheckTheWholePayload(String hex, int status, int refusal) {
        ByteBuf payload = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
        if (refusal == 0) {
            assertEquals(status, CloseStatus.read(payload));
        } else {
            assertEquals(refusal, assertThrows(WebSocketException.class, () -> CloseStatus.read(payload)).status());
        }
    }

    /** The JDK's decoder is the oracle: random texts with one byte changed, cut anywhere. */
    @Test
    void shouldAgreeWithTheJdkAboutUtf8() {
        Random random = new Random(11);
        String alphabet = "aZ 09{\"é߿ࠀ퟿￿𐀀🚀􏿿";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(20); i >= 0; i--) {
                int at = random.nextInt(alphabet.codePointCount(0, alphabet.length()));
                text.appendCodePoint(alphabet.codePointAt(alphabet.offsetByCodePoints(0, at)));
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            if (random.nextBoolean()) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            int cut = random.nextInt(bytes.length + 1);

            assertEquals(isValidByJdk(bytes), isValid(bytes, cut), () -> ByteBufUtil.hexDump(bytes) + " cut at " + cut);
        }
    }

    private static boolean isValid(byte[] text, int cut) {
        ByteBuf bytes = Unpooled.wrappedBuffer(text);
        Utf8Checker checker = new Utf8Checker();
        try {
            checker.check(bytes, 0, cut);
            checker.check(bytes, cut, text.length);
            checker.end();
            return true;
        } catch (WebSocketException e) {
            assertEquals(CloseStatus.INVALID_PAYLOAD, e.status());
            return false;
        }
    }

    private static boolean isValidByJdk(byte[] text) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
