// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.protocol.Cuts;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.request.RequestFacts.Owner;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestScannerTest {
    private final RequestScanner scanner = new RequestScanner(
            RuleCompiler.compile(Profiles.standard(), Profiles.standard()), JsonLimits.DEFAULT, new byte[16]);

    private RequestFacts scan(String body, int chunkBytes) {
        scanner.reset(null);
        for (byte[] chunk : Cuts.even(body.getBytes(UTF_8), chunkBytes)) {
            ByteBuf buffer = Cuts.buffer(chunk);
            try {
                scanner.feed(buffer);
            } finally {
                buffer.release();
            }
        }
        scanner.end();
        return scanner.facts();
    }

    @Test
    void shouldFindTheFactsHoweverTheBodyIsCut() {
        String body = " {\"input\":\"\u00fc\",\"model\" : \"gpt-5\\u002e2\",\"stream\":true}";
        for (int chunkBytes : Cuts.chunkBytes()) {
            RequestFacts facts = scan(body, chunkBytes);

            assertEquals("gpt-5.2", facts.model());
            assertEquals("\"gpt-5\\u002e2\"",
                    new String(body.getBytes(UTF_8), (int) facts.modelStart(),
                            (int) (facts.modelEnd() - facts.modelStart()), UTF_8));
            assertTrue(facts.stream());
        }
        assertFalse(scan("{\"model\":\"m\",\"stream\":false}", 5).stream());
    }

    /** A reader that ignores case must not find another value than the relay. */
    @ParameterizedTest
    @ValueSource(strings = {
        "{\"model\":\"m\",\"Model\":\"n\"}", "{\"MODEL\":\"n\",\"model\":\"m\"}", "{\"mOdel\":\"n\"}",
        "{\"model\":\"m\",\"mod\\u0045l\":\"n\"}", "{\"model\":\"m\",\"Stream\":true,\"stream\":false}",
        "{\"model\":\"m\",\"stream\":true,\"\u017ftream\":false}", "{\"model\":\"m\",\"STREAM\":true,\"Stream\":false}",
        "{\"model\":\"m\",\"previous_response_id\":\"a\",\"Previous_Response_Id\":\"b\"}",
        "{\"model\":\"m\",\"Conversation\":{\"id\":\"a\"},\"conversation\":\"b\"}",
        "{\"model\":\"m\",\"Conversation\":\"b\"}", "{\"model\":\"m\",\"previous_Response_id\":\"b\"}",
        "{\"model\":\"m\",\"previou\u017f_response_id\":\"b\"}",
    })
    void shouldRefuseASecondSpellingOfAName(String body) {
        for (int chunkBytes : Cuts.chunkBytes()) {
            assertEquals(ErrorCode.DOWNSTREAM_INVALID_JSON, assertThrows(RelayException.class,
                    () -> scan(body, chunkBytes)).code());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"model\":\"m\",\"metadata\":{\"model\":\"a\",\"Model\":\"b\"}}",
        "{\"model\":\"m\",\"models\":1,\"Models\":2}",
        "{\"model\":\"m\",\"Stream\":true}", "{\"model\":\"m\",\"x-own\":1,\"X-Own\":2}",
        "{\"model\":\"m\",\"mode\u013a\":1}", "{\"model\":\"m\",\"\u212a\":1,\"k\":2}", "{\"model\":\"m\",\"\":1}",
    })
    void shouldAcceptOtherNamesInAnySpelling(String body) {
        for (int chunkBytes : Cuts.chunkBytes()) {
            assertEquals("m", scan(body, chunkBytes).model());
        }
    }

    @Test
    void shouldFindWhatNamesAnOwnerHoweverTheBodyIsCut() {
        String body = "{\"model\":\"m\",\"previous_response_id\":\"resp_1\",\"conversation\":{\"id\":\"conv_1\"},"
                + "\"prompt_cache_key\":\"k\\u0031\",\"client_metadata\":{\"x-codex-turn-state\":\"t1\"},"
                + "\"metadata\":{\"prompt_cache_key\":\"other\"}}";
        for (int chunkBytes : Cuts.chunkBytes()) {
            RequestFacts facts = scan(body, chunkBytes);

            assertEquals("resp_1", facts.owner(Owner.PREVIOUS_RESPONSE));
            assertEquals("conv_1", facts.owner(Owner.CONVERSATION_ID));
            assertNull(facts.owner(Owner.CONVERSATION));
            assertEquals("k1", facts.owner(Owner.PROMPT_CACHE));
            assertEquals("t1", facts.owner(Owner.TURN_STATE));
        }
        assertEquals("conv_2", scan("{\"model\":\"m\",\"conversation\":\"conv_2\"}", 3).owner(Owner.CONVERSATION));
        assertNull(scan("{\"model\":\"m\",\"prompt_cache_key\":\"" + "k".repeat(513) + "\"}", 50)
                .owner(Owner.PROMPT_CACHE));
        assertNull(scan("{\"model\":\"m\",\"prompt_cache_key\":7}", 5).owner(Owner.PROMPT_CACHE));
    }

    /** The limit counts characters, not the bytes of their escapes, and a value over it is known to be there. */
    @ParameterizedTest
    @CsvSource({"k, 512, true", "k, 513, false", "\\u006b, 512, true", "\\u006b, 513, false", "k, 5000, false",
        "\u00e9, 512, true"})
    void shouldLimitAnOwner(String character, int count, boolean isKnown) {
        String body = "{\"model\":\"m\",\"previous_response_id\":\"" + character.repeat(count) + "\"}";
        for (int chunkBytes : new int[] {7, 10_000}) {
            RequestFacts facts = scan(body, chunkBytes);

            String owner = facts.owner(Owner.PREVIOUS_RESPONSE);
            assertEquals(isKnown ? count : -1, owner == null ? -1 : owner.length());
            assertEquals(!isKnown, facts.isTooLong(Owner.PREVIOUS_RESPONSE));
            assertFalse(facts.isTooLong(Owner.CONVERSATION));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{}|missing", "{\"model\":\"\"}|an empty string", "{\"model\":5}|a number", "{\"model\":null}|null",
        "{\"model\":{\"a\":1}}|an object", "{\"model\":\"\\ud800\"}|a string with a lone surrogate"})
    void shouldRefuseAModelThatCannotBeRouted(String body, String found) {
        for (int chunkBytes : Cuts.chunkBytes()) {
            RelayException refusal = assertThrows(RelayException.class, () -> scan(body, chunkBytes));

            assertEquals(ErrorCode.DOWNSTREAM_FIELD_REFUSED, refusal.code());
            assertEquals("model", refusal.param());
            assertEquals("model: " + found + " (expected: a non-empty string)", refusal.getMessage());
        }
    }

    @Test
    void shouldRefuseALongModelWithoutKeepingIt() {
        for (int length : new int[] {257, 5000}) {
            RelayException refusal = assertThrows(RelayException.class,
                    () -> scan("{\"model\":\"" + "m".repeat(length) + "\"}", 50));
            assertEquals("model", refusal.param());
        }
        assertEquals(256, scan("{\"model\":\"" + "m".repeat(256) + "\"}", 50).model().length());
    }

    @Test
    void shouldReportTheWorseFault() {
        RelayException refusal = assertThrows(RelayException.class, () -> scan("{\"model\":5,}", 3));

        assertEquals(ErrorCode.DOWNSTREAM_INVALID_JSON, refusal.code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "\"x\"", "1", "null", "", "  ", "{", "{\"model\":\"a\",\"model\":\"a\"}",
        "{\"model\":\"a\"}{}", "{\"model\":\"a\"} x", "\ufeff{\"model\":\"a\"}"})
    void shouldRefuseWhatIsNotOneJsonObject(String body) {
        for (int chunkBytes : Cuts.chunkBytes()) {
            RelayException refusal = assertThrows(RelayException.class, () -> scan(body, chunkBytes));
            assertEquals(ErrorCode.DOWNSTREAM_INVALID_JSON, refusal.code());
        }
    }
}
