// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.protocol.RequestCase;
import dev.sluice.protocol.error.RelayException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * A fuzz test of request editing. For any body, cut at any byte, the tree that jackson-databind reads from the sent
 * body equals the received tree with the rules applied. Fields without rules keep their bytes. The only exception
 * thrown is {@link RelayException}.
 *
 * <p>The inputs are generated from seeds. {@link RequestFuzzer} searches for inputs by coverage.
 */
class RequestFuzzTest {
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    @SuppressWarnings("unchecked")
    private static final Profile PROFILE = Profile.read("fuzz",
            (Map<String, Object>) RequestCase.read("requests/fuzz-profile.json"), Map.of());
    private static final List<Profile> BUILT_IN = List.copyOf(Profiles.builtIn().values());

    @RepeatedTest(3_000)
    void shouldHoldForRandomBodies(RepetitionInfo repetition) throws IOException {
        SplittableRandom random = new SplittableRandom(repetition.getCurrentRepetition());
        try {
            check(new RandomBody(random::nextInt).make().getBytes(UTF_8), random::nextInt);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + repetition.getCurrentRepetition(), e);
        }
    }

    static void check(byte[] body, RandomBody.Choices choices) throws IOException {
        byte[] out = edit(PROFILE, PROFILE, List.of(body));
        byte[] cut = edit(PROFILE, PROFILE, cuts(body, choices));
        assertArrayEquals(out, cut, "cut differently");
        if (out != null) {
            JsonNode request = JSON.readTree(body);
            assertEquals(TreeRules.apply(PROFILE, (ObjectNode) request), JSON.readTree(out),
                    () -> new String(body, UTF_8) + "\n" + new String(out, UTF_8));
            assertUntouched(body, out);
        }
        Profile face = BUILT_IN.get(choices.next(BUILT_IN.size()));
        Profile dialect = BUILT_IN.get(choices.next(BUILT_IN.size()));
        byte[] pair = edit(face, dialect, List.of(body));
        assertArrayEquals(pair, edit(face, dialect, cuts(body, choices)), "cut differently");
        if (pair != null) {
            assertTrue(JSON.readTree(pair).isObject(), () -> face.name() + " before " + dialect.name());
        }
    }

    /** Returns the body that is sent, or null if the request is refused. */
    private static byte[] edit(Profile face, Profile dialect, List<byte[]> chunks) {
        try {
            return EditedBody.of(face, dialect, chunks);
        } catch (RelayException refused) {
            return null;
        }
    }

    private static List<byte[]> cuts(byte[] body, RandomBody.Choices choices) {
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < body.length;) {
            int end = Math.min(body.length, i + 1 + choices.next(16));
            chunks.add(java.util.Arrays.copyOfRange(body, i, end));
            i = end;
        }
        return chunks;
    }

    /**
     * Checks that top-level fields without rules are sent unchanged: names, white space and the digits of numbers.
     */
    private static void assertUntouched(byte[] body, byte[] out) throws IOException {
        String sent = new String(out, UTF_8);
        try (JsonParser parser = JSON.createParser(body)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                int start = (int) parser.currentTokenLocation().getByteOffset();
                boolean isUnknown = List.of("x", "y", "stream").contains(parser.currentName());
                JsonToken value = parser.nextToken();
                int end = (int) parser.currentTokenLocation().getByteOffset();
                String piece = new String(body, start, end - start, UTF_8)
                        + (value.isNumeric() ? parser.getText() : "");
                assertTrue(!isUnknown || sent.contains(piece), () -> piece + " in " + sent);
                parser.skipChildren();
            }
        }
    }
}
