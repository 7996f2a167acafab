// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageReaderTest {
    private static final String[] WHOLE = {
        "{\"input_tokens\":30,\"input_tokens_details\":{\"cached_tokens\":20},\"output_tokens\":5,"
                + "\"output_tokens_details\":{\"reasoning_tokens\":2},\"total_tokens\":35}",
        " { \"prompt_tokens\" : 3 ,\n \"completion_tokens\":5, \"x_tokens_details\": {} } ",
        "{\"a\":{\"b\":[1,{\"c\":null}]},\"input_tokens\":0,\"output_tokens\":7}"};
    private static final String[] PIECES = {"{", "}", ",", ":", "\"", " ", "\n", "0", "7", "12", "007", "-1", "1.5",
        "1e3", "999999999999999999", "9999999999999999999", "null", "true", "[]", "[1]", "\\", "\u00e4",
        "\"input_tokens\":", "\"output_tokens\":", "\"total_tokens\": 3,", "\"cached_tokens\":2,", ",\"x\":1",
        ",\"x\":{\"input_tokens\":9}", ",\"input_tokens_details\":{"};

    private static Usage read(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return UsageReader.read(bytes, bytes.length);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{\"input_tokens\":3,\"input_tokens_details\":{\"cached_tokens\":2},\"output_tokens\":5,"
                + "\"output_tokens_details\":{\"reasoning_tokens\":1},\"total_tokens\":8} | 3 | 2 | 5 | 1 | 8",
        "{ \"prompt_tokens\" : 3 , \"completion_tokens\":5 } | 3 | 0 | 5 | 0 | 8",
        "{\"input_tokens\":3,\"output_tokens\":0,\"input_tokens_details\":{},\"other\":{\"a\":1}} | 3 | 0 | 0 | 0 | 3",
        "{\"input_tokens\":3,\"output_tokens\":5,\"input_tokens_details\":null,\"cost\":\"x\"} | 3 | 0 | 5 | 0 | 8",
        "{\"input_tokens\":3.0,\"output_tokens\":5e0,\"total_tokens\":-1} | 3 | 0 | 5 | 0 | 8",
        "{\"input_tokens\":1,\"input_tokens\":2,\"output_tokens\":5} | 2 | 0 | 5 | 0 | 7",
        "{\"\\u0069nput_tokens\":4,\"output_tokens\":5} | 4 | 0 | 5 | 0 | 9"
    })
    void shouldReadTheCounts(String text, long input, long cached, long output, long reasoning, long total) {
        assertEquals(new Usage(input, cached, output, reasoning, total, false), read(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "[]", "null", "{\"input_tokens\":3}", "{\"input_tokens\":3,\"output_tokens\":",
        "{\"input_tokens\":-3,\"output_tokens\":5}", "{\"input_tokens\":\"3\",\"output_tokens\":5}"})
    void shouldNotGuess(String text) {
        assertNull(read(text));
    }

    /** Whatever the text, the quick way reads what a parser reads. */
    @Test
    void shouldReadWhatAParserReads() {
        SplittableRandom random = new SplittableRandom(17);
        int known = 0;
        for (int i = 0; i < 300_000; i++) {
            StringBuilder text = new StringBuilder(WHOLE[random.nextInt(WHOLE.length)]);
            for (int k = random.nextInt(4); k > 0 && text.length() > 0; k--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, PIECES[random.nextInt(PIECES.length)]);
                    default -> text.delete(at, Math.min(text.length(), at + random.nextInt(12)));
                }
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            Usage expected = UsageReader.readAny(bytes, bytes.length);
            assertEquals(expected, UsageReader.read(bytes, bytes.length), text.toString());
            known += expected == null ? 0 : 1;
        }
        assertEquals(true, known > 50_000, known + " texts have counts");
    }
}
