// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.framing.BodyRuns;
import dev.sluice.protocol.json.JsonTree;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A document never lacks an output that its stream has had. */
class OutputItemsTest {
    private static final String DONE = "{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\","
            + "\"output\":[],\"usage\":{\"output_tokens\":7}}}";

    private static ResponseCollector.Answer collect(long maxBytes, String... events) {
        ResponseCollector collector = new ResponseCollector(maxBytes);
        ByteBuf bytes = Unpooled.copiedBuffer("data: " + String.join("\n\ndata: ", events) + "\n\n", UTF_8);
        BodyRuns runs = new BodyRuns();
        runs.add(0, bytes.readableBytes());
        collector.add(bytes, runs, new byte[64]);
        return collector.end();
    }

    private static String output(String... events) {
        ResponseCollector.Answer answer = collect(10_000, events);
        assertEquals(200, answer.status(), new String(answer.body(), UTF_8));
        return JsonTree.text(((Map<?, ?>) JsonTree.read(answer.body())).get("output"));
    }

    private static String delta(String text, String place) {
        return "{\"type\":\"response.output_text.delta\"" + place + ",\"delta\":\"" + text + "\"}";
    }

    @ParameterizedTest
    @CsvSource({"''", "',\"output_index\":0'", "',\"output_index\":0,\"content_index\":0'"})
    void shouldBuildAMessageFromItsDeltas(String place) {
        assertEquals("Hi \"you\"", text(output(delta("Hi ", place), delta("\\\"you\\\"", place), DONE)));
    }

    private static String text(String output) {
        Map<?, ?> message = (Map<?, ?>) ((List<?>) JsonTree.read(output.getBytes(UTF_8))).get(0);
        assertEquals("message", message.get("type"));
        assertEquals("assistant", message.get("role"));
        assertEquals("completed", message.get("status"));
        return (String) ((Map<?, ?>) ((List<?>) message.get("content")).get(0)).get("text");
    }

    @Test
    void shouldTakeTheWholeTextWhereItIsTold() {
        assertEquals("whole", text(output(delta("wh", ",\"output_index\":0"),
                "{\"type\":\"response.output_text.done\",\"output_index\":0,\"content_index\":0,\"text\":\"whole\"}",
                DONE)));
    }

    @Test
    void shouldKeepTheOrderOfTheItems() {
        String output = output("{\"type\":\"response.output_item.done\",\"output_index\":2,\"item\":{\"id\":\"c\"}}",
                "{\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":{\"id\":\"b\",\"type\":"
                        + "\"function_call\",\"name\":\"f\",\"call_id\":\"x\",\"arguments\":\"\"}}",
                "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":1,\"delta\":\"{}\"}",
                delta("a", ",\"output_index\":0,\"item_id\":\"m\""), DONE);

        List<?> items = (List<?>) JsonTree.read(output.getBytes(UTF_8));
        assertEquals(List.of("m", "b", "c"), items.stream().map(item -> ((Map<?, ?>) item).get("id")).toList());
        assertEquals("{}", ((Map<?, ?>) items.get(1)).get("arguments"));
        assertEquals("x", ((Map<?, ?>) items.get(1)).get("call_id"));
    }

    @Test
    void shouldPreferWhatIsDone() {
        assertEquals("[{\"id\":\"a\"}]", output(delta("x", ",\"output_index\":0"),
                "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"id\":\"a\"}}", DONE));
        assertEquals("[{\"id\":\"own\"}]", output(delta("x", ",\"output_index\":0"),
                DONE.replace("[]", "[{\"id\":\"own\"}]")));
    }

    @ParameterizedTest
    @CsvSource({
        "'{\"type\":\"response.in_progress\"}', 502",
        "'{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"message\"}}', 502",
        "'{\"type\":\"response.reasoning_text.delta\",\"output_index\":0,\"delta\":\"hm\"}', 502",
    })
    void shouldNotAnswerWithTokensButWithoutOutput(String event, int status) {
        assertEquals(status, collect(10_000, event, DONE).status());
        assertEquals(200, collect(10_000, event, DONE.replace("7", "0")).status());
        assertEquals(200, collect(10_000, event, DONE.replace("\"usage\":{\"output_tokens\":7}", "\"a\":1")).status());
    }

    /** An output that is missing is as empty as one without items. */
    @ParameterizedTest
    @ValueSource(strings = {"\"output\":[],", "\"output\":null,", ""})
    void shouldMissAnOutputInAnyForm(String output) {
        String done = DONE.replace("\"output\":[],", output);
        assertEquals(502, collect(10_000, done).status());
        assertEquals("text", text(output(delta("text", ""), done)));
    }

    /** An item that is cut is as incomplete as its response; one that is done is not. */
    @Test
    void shouldKnowAnItemThatIsCut() {
        String cut = DONE.replace("response.completed", "response.incomplete")
                .replace("\"status\":\"completed\"", "\"status\":\"incomplete\"");
        String output = output("{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"status\":"
                + "\"completed\"}}", delta("half", ",\"output_index\":1"), cut);

        assertEquals(List.of("completed", "incomplete"), ((List<?>) JsonTree.read(output.getBytes(UTF_8))).stream()
                .map(item -> ((Map<?, ?>) item).get("status")).toList());
    }

    /** Entries without text count too, and a finished item takes the place of its parts. */
    @ParameterizedTest
    @ValueSource(strings = {"output_index", "content_index"})
    void shouldBoundEmptyParts(String index) {
        String[] many = new String[300];
        for (int i = 0; i < many.length; i++) {
            many[i] = delta("", ",\"" + index + "\":" + i);
        }
        assertThrows(RelayException.class, () -> collect(10_000, many));
    }

    @Test
    void shouldNotCountAFinishedItemTwice() {
        String text = "x".repeat(3000);
        assertEquals(200, collect(4000, "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{}}",
                delta(text, ",\"output_index\":0,\"item_id\":\"m\""), "{\"type\":\"response.output_item.done\","
                        + "\"output_index\":0,\"item\":{\"text\":\"" + text + "\"}}",
                delta(".", ",\"output_index\":1"), DONE).status());
    }

    @Test
    void shouldBoundWhatItKeeps() {
        String[] many = new String[300];
        java.util.Arrays.fill(many, delta("0123456789", ",\"output_index\":0"));
        assertThrows(RelayException.class, () -> collect(1000, many));
    }
}
