// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.sluice.protocol.Cuts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * A fuzz test with mutated documents. The scanner and a strict check with jackson-core must agree on which documents
 * are JSON.
 */
class JsonScannerFuzzTest {
    private static final String[] SEEDS = {
        "{\"model\":\"gpt-5.2\","
                + "\"input\":[{\"role\":\"user\",\"content\":\"h\u00e9 \ud83d\ude00 \\u00e9\"}],\"n\":-1.5e3}",
        "[true,false,null,0,-0,1e5,\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",{},[],{\"a\":{\"b\":[1]}}]",
        "  {\"\u4e2d\u6587\u5b57\" : \"\u4e2d\u6587\u5b57\u4e2d\u6587\u5b57\u4e2d\u6587\u5b57\" , \"x\":[ ] } ",
    };
    private static final byte[] INTERESTING = "{}[]\",:\\u0eE+-.tfn \n\t\u0000\u0001".getBytes(UTF_8);

    @RepeatedTest(2_000)
    void shouldAgreeWithJackson(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        SplittableRandom random = new SplittableRandom(seed);
        byte[] text = mutate(SEEDS[random.nextInt(SEEDS.length)].getBytes(UTF_8), random);

        boolean expected = isStrictJson(text);
        boolean actual = isAccepted(text, random);

        assertEquals(expected, actual, () -> "seed " + seed + ": " + new String(text, UTF_8));
    }

    private static byte[] mutate(byte[] text, SplittableRandom random) {
        byte[] mutated = text.clone();
        int changes = random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(mutated.length);
            switch (random.nextInt(4)) {
                case 0 -> mutated[at] = INTERESTING[random.nextInt(INTERESTING.length)];
                case 1 -> mutated[at] = (byte) random.nextInt(256);
                case 2 -> mutated = splice(mutated, at, at + 1, new byte[0]);
                default -> mutated = splice(mutated, at, at,
                        new byte[] {INTERESTING[random.nextInt(INTERESTING.length)]});
            }
        }
        return mutated;
    }

    private static byte[] splice(byte[] text, int from, int to, byte[] with) {
        ByteBuffer out = ByteBuffer.allocate(text.length - (to - from) + with.length);
        return out.put(text, 0, from).put(with).put(text, to, text.length - to).array();
    }

    private static boolean isAccepted(byte[] text, SplittableRandom random) {
        JsonScanner scanner = new JsonScanner(WatchTable.builder().build(), JsonLimits.DEFAULT);
        try {
            for (byte[] chunk : Cuts.random(text, 12, random)) {
                scanner.feed(chunk, 0, chunk.length);
            }
            scanner.end();
            return true;
        } catch (JsonException refused) {
            return false;
        }
    }

    /**
     * Returns whether jackson-core accepts the text. Overlong UTF-8, a byte order mark and a second root value are
     * checked separately, because jackson-core tolerates them.
     */
    private static boolean isStrictJson(byte[] text) {
        try {
            UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            return false;
        }
        if (text.length > 0 && text[0] == (byte) 0xef) {
            return false;
        }
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                return false;
            }
            walk(parser, first);
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    private static void walk(JsonParser parser, JsonToken first) throws IOException {
        int depth = first.isStructStart() ? 1 : 0;
        while (depth > 0) {
            JsonToken token = parser.nextToken();
            if (token == null) {
                throw new IOException("incomplete");
            }
            if (token == JsonToken.VALUE_STRING) {
                parser.getText(); // jackson-core does not check a string that is skipped
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        }
        if (first == JsonToken.VALUE_STRING) {
            parser.getText();
        }
    }
}
