// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.protocol.Cuts;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.rewrite.BodyRewriter;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of the bytes that are held back, of the limits, and of pairs of different profiles. */
class RequestLimitsTest {
    private static Profile profile(String name) {
        return Profiles.builtIn().get(name);
    }

    private static String edit(Profile face, Profile dialect, String body) {
        return new String(EditedBody.of(face, dialect, Cuts.even(body.getBytes(UTF_8), 16 * 1024)), UTF_8);
    }

    /** Returns the number of bytes that may be sent when {@code start} has arrived and the body has not ended. */
    private static long settled(String profile, String start) {
        BodyRewriter rewriter = new BodyRewriter();
        RequestScanner scanner = new RequestScanner(RuleCompiler.compile(profile(profile), profile(profile)),
                JsonLimits.DEFAULT, new byte[4096]);
        scanner.reset(rewriter);
        ByteBuf bytes = Cuts.buffer(start.getBytes(UTF_8));
        try {
            rewriter.append(bytes.retainedDuplicate());
            scanner.feed(bytes);
            scanner.plan(null);
            return scanner.settle();
        } finally {
            bytes.release();
            rewriter.release();
        }
    }

    @Test
    void shouldHoldNoMoreThanAnEditNeeds() {
        String large = "x".repeat(100_000);
        String plain = "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":["
                + "{\"type\":\"input_image\",\"image_url\":\"";
        String late = "{\"model\":\"m\",\"input\":[{\"content\":\"" + large;

        assertEquals(plain.length() + large.length(), settled("codex-lb", plain + large));
        assertEquals(plain.length() + large.length(), settled("openai", plain + large));
        assertEquals(late.indexOf("{\"content"), settled("codex-lb", late), "the role may still be tool");
        assertEquals(0, settled("codex-lb-lenient", plain + large), "hoisting holds back the whole body");
        assertTrue(settled("codex-lb", "{\"model\":\"m\",\"input\":\"" + large) > large.length());
        String messages = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + large;
        assertEquals(messages.indexOf(",\"messages"), settled("codex-lb", messages));
        String instructions = "{\"model\":\"m\",\"instructions\":\"" + large + "\",\"metadata\":{}";
        assertEquals(instructions.indexOf("\"xxx"), settled("codex-lb", instructions), "messages may still follow");
        assertEquals(instructions.length() + 11, settled("codex-lb", instructions + ",\"input\":\"x"));
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldGiveWholeJsonByEveryPairOfProfiles(String face) {
        String body = "{\"temperature\":1,\"input\":\"hi\",\"tool_choice\":{\"type\":\"web_search_preview\"},"
                + "\"tools\":[{\"type\":\"web_search_preview\"}],\"model\":\"gpt-5.2\",\"stream\":true,\"user\":\"u\"}";
        for (String dialect : names()) {
            try {
                String out = edit(profile(face), profile(dialect), body);
                Object tree = JsonTree.read(out.getBytes(UTF_8));
                boolean isWrapped = face.startsWith("codex") || dialect.startsWith("codex");
                Object input = ((Map<?, ?>) tree).get("input");
                assertEquals(isWrapped ? List.of(Map.of("role", "user", "content", List.of(Map.of("type", "input_text",
                        "text", "hi")))) : "hi", input, face + " before " + dialect);
                assertEquals(isWrapped, !out.contains("preview"), out);
            } catch (RelayException refusal) {
                assertEquals("tool_choice", refusal.param());
                assertEquals("kie", face);
            }
        }
    }

    static List<String> names() {
        return List.copyOf(Profiles.builtIn().keySet());
    }

    private static ErrorCode refusal(String profile, String body) {
        return assertThrows(RelayException.class, () -> edit(profile(profile), profile(profile), body)).code();
    }

    @Test
    void shouldBoundWhatMustBeHeldAsATree() {
        String values = "1,".repeat(JsonTree.MAX_VALUES) + "1";

        assertEquals(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, refusal("codex-lb",
                "{\"model\":\"m\",\"messages\":[" + values + "]}"));
        assertEquals(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, refusal("codex-lb",
                "{\"model\":\"m\",\"input\":[{\"role\":\"tool\",\"call_id\":\"c\",\"output\":[" + values + "]}]}"));
    }

    @Test
    void shouldNotReadAsATreeWhatIsNeverMapped() {
        String thinking = "{\"model\":\"m\",\"input\":[],\"thinking\":[" + "1,".repeat(JsonTree.MAX_VALUES) + "1]}";

        assertFalse(edit(profile("codex-lb-lenient"), profile("codex-lb-lenient"), thinking).contains("thinking"));
    }

    @Test
    void shouldBoundMessagesThatGrow() {
        String messages = "{\"role\":\"user\",\"content\":\"x\"},".repeat(120_000);

        assertEquals(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, refusal("codex-lb", "{\"model\":\"m\",\"messages\":["
                + messages.substring(0, messages.length() - 1) + "]}"));
    }

    /** The limit of waiting edits does not count edits that were already made or discarded. */
    @Test
    void shouldCountOnlyEditsThatWait() {
        String items = "{\"type\":\"message\",\"role\":\"user\",\"content\":\"x\"},".repeat(150_000);
        String body = "\"input\":[" + items.substring(0, items.length() - 1) + "]";

        for (String whole : new String[] {"{\"model\":\"m\"," + body + '}', '{' + body + ",\"model\":\"m\"}"}) {
            assertFalse(edit(profile("codex-lb"), profile("codex-lb"), whole).isEmpty());
            assertFalse(edit(profile("codex-lb-lenient"), profile("codex-lb-lenient"), whole).isEmpty());
        }
    }

    private static Profile custom(String row) {
        return Profile.read("custom", Map.of("rules", List.of(JsonTree.read(row.getBytes(UTF_8)))), Map.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"field\":\"q\",\"rename\":\"input\"}", "{\"field\":\"input\",\"rename\":\"prompt\"}",
        "{\"field\":\"instructions\",\"drop\":true}", "{\"field\":\"instructions\",\"set\":\"Z\"}",
        "{\"field\":\"text.format.schema.type\",\"values\":[\"object\"]}"})
    void shouldNotCompileAPairThatConflicts(String row) {
        assertThrows(IllegalArgumentException.class, () -> RuleCompiler.compile(profile("codex-lb"), custom(row)));
    }

    @Test
    void shouldLetTheDialectHaveTheLastWord() {
        String body = "{\"model\":\"m\",\"input\":[],\"temperature\":2}";

        assertTrue(edit(profile("codex-lb"), custom("{\"field\":\"stream\",\"set\":false}"), body)
                .contains("\"stream\":false"));
        assertTrue(edit(profile("codex-lb"), custom("{\"field\":\"temperature\",\"set\":1}"), body)
                .contains("\"temperature\":1"));
        assertFalse(edit(custom("{\"field\":\"temperature\",\"set\":1}"), profile("codex-lb"), body)
                .contains("temperature"));
    }

    /** The dialect's rules for input also apply to input that the face converted from messages. */
    @Test
    void shouldJudgeConvertedMessagesByTheDialect() {
        Profile dialect = custom("{\"field\":\"input[].content[].type\",\"values\":[\"input_text\"],\"param\":null}");
        Map<String, Object> rules = Map.of("extends", "codex-lb", "rules",
                List.of(Map.of("field", "user", "required", JsonTree.Literal.TRUE)));
        Profile face = Profile.read("face", rules, Profiles.builtIn());

        String body = "{\"model\":\"m\",\"user\":\"u\",\"messages\":[{\"role\":\"user\",\"content\":["
                + "{\"type\":\"weird\"}]}]}";

        RelayException refusal = assertThrows(RelayException.class, () -> edit(face, dialect, body));

        assertTrue(refusal.getMessage().contains("input_text"), refusal.getMessage());
    }

    @Test
    void shouldBoundEditsThatWait() {
        String parts = "{\"type\":\"text\"},".repeat(210_000) + "{}";

        assertEquals(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, refusal("codex-lb",
                "{\"model\":\"m\",\"input\":[{\"content\":[" + parts + "],\"role\":\"assistant\"}]}"));
        String decided = "{\"model\":\"m\",\"input\":[{\"type\":\"message\",\"role\":\"user\",\"content\":["
                + "{\"type\":\"input_text\",\"text\":\"a\"},".repeat(210_000) + "{}]}]}";
        assertFalse(edit(profile("codex-lb"), profile("codex-lb"), decided).isEmpty());
    }

    /** A refusal that waits for a condition uses the same memory for 300,000 parts as for one. */
    @Test
    void shouldKeepOneWaitingRefusalOnly() {
        String parts = "{\"type\":\"x\"},".repeat(300_000) + "{}";
        RelayException refusal = assertThrows(RelayException.class, () -> edit(profile("kie"), profile("kie"),
                "{\"model\":\"m\",\"input\":[{\"content\":[" + parts + "],\"role\":\"user\"}]}"));

        assertEquals("input.0.content.0.type", refusal.param());
    }

    @Test
    void shouldAcceptALargeSchema() {
        StringBuilder properties = new StringBuilder();
        StringBuilder required = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            properties.append(i == 0 ? "" : ",").append("\"p").append(i).append("\":{\"type\":\"string\"}");
            required.append(i == 0 ? "" : ",").append("\"p").append(i).append('"');
        }
        String tool = "{\"type\":\"function\",\"strict\":true,\"parameters\":{\"type\":\"object\",\"properties\":{"
                + properties + "},\"required\":[" + required + "],\"additionalProperties\":false}}";

        assertFalse(edit(profile("codex-lb"), profile("codex-lb"),
                "{\"model\":\"m\",\"input\":[],\"tools\":[" + tool + "]}").isEmpty());
    }

    @Test
    void shouldRefuseASchemaThatIsTooLongToBeChecked() {
        String tool = "{\"type\":\"function\",\"strict\":true,\"parameters\":{\"type\":\"object\",\"description\":\""
                + "x".repeat(RuleTable.SCHEMA_BYTES) + "\"}}";

        assertEquals("invalid_function_parameters", refusal("codex-lb",
                "{\"model\":\"m\",\"input\":[],\"tools\":[" + tool + "]}").code());
    }
}
