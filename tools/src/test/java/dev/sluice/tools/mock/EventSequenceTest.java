// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventSequenceTest {
    private static final byte[] REQUEST = ("{\"model\":\"m\",\"input\":\"hi\",\"tools\":[{\"type\":\"function\","
            + "\"name\":\"shell\"}]}").getBytes(UTF_8);

    private static List<JsonNode> events(MockOptions options) throws Exception {
        EventSequence sequence = new EventSequence(new ResponseObject(REQUEST, ResponseObject.JSON.readTree(REQUEST)),
                options);
        List<JsonNode> events = new ArrayList<>();
        while (sequence.hasNext()) {
            String text = new String(sequence.next(), UTF_8);
            if (text.startsWith("data: [DONE]")) {
                continue;
            }
            String[] lines = text.split("\n", -1);
            JsonNode data = ResponseObject.JSON.readTree(lines[1].substring(6));
            assertEquals("event: " + data.get("type").asText(), lines[0]);
            assertEquals(events.size(), data.get("sequence_number").asInt());
            events.add(data);
        }
        return events;
    }

    @ParameterizedTest
    @EnumSource(MockOptions.Kind.class)
    void shouldTellOneConsistentStory(MockOptions.Kind kind) throws Exception {
        List<JsonNode> events = events(new MockOptions().set("kind", kind.name()).set("events", "20"));

        assertEquals("response.created", events.get(0).get("type").asText());
        JsonNode response = events.get(events.size() - 1).get("response");
        assertEquals("completed", response.get("status").asText());
        assertTrue(response.get("usage").get("total_tokens").asInt() > 0);
        int done = 0;
        StringBuilder deltas = new StringBuilder();
        for (JsonNode event : events) {
            String type = event.get("type").asText();
            if (type.endsWith(".delta")) {
                deltas.append(event.get("delta").asText());
            } else if (type.equals("response.output_item.added")) {
                deltas.setLength(0);
            } else if (type.equals("response.output_item.done")) {
                assertEquals(response.get("output").get(done), event.get("item"));
                assertEquals(done++, event.get("output_index").asInt());
                assertTrue(event.get("item").toString().contains(ResponseObject.JSON.valueToTree(deltas.toString())
                        .toString().replaceAll("^\"|\"$", "")), event.toString());
            }
        }
        assertEquals(kind == MockOptions.Kind.REASONING ? 2 : 1, done);
    }

    @Test
    void shouldCallTheRequestsFunctionWithValidArguments() throws Exception {
        List<JsonNode> events = events(new MockOptions().set("kind", "function_call").set("events", "30"));
        JsonNode call = events.get(events.size() - 1).get("response").get("output").get(0);

        assertEquals("shell", call.get("name").asText());
        assertTrue(ResponseObject.JSON.readTree(call.get("arguments").asText()).has("query"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "kind"})
    void shouldRefuseUnknownMetadata(String name) {
        JsonNode metadata = ResponseObject.JSON.createObjectNode().put("mock_" + name, "bogus").put("other", "x");
        assertTrue(org.junit.jupiter.api.Assertions.assertThrows(IllegalArgumentException.class,
                () -> new MockOptions().with(metadata)).getMessage().startsWith("metadata.mock_" + name));
    }
}
