// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.RouteConfig.DownstreamLeave;
import dev.sluice.protocol.RequestCase;
import dev.sluice.protocol.json.JsonTree;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** C1 to C6: a downstream that asks for JSON, with an upstream that only streams. */
class CollectIT extends RelayFixture {
    private static final String BODY_OF_JSON = "{\"model\":\"gpt-5.2\",\"input\":\"hi\",\"stream\":false}";

    private final CountDownLatch isCollecting = new CountDownLatch(1);

    private void launchStreaming(String events, int cutBytes) {
        launch(route -> route.withProfile("codex-lb"), builder -> builder);
        upstream.always(peer -> {
            while (true) {
                assertTrue(peer.readMessage().text().contains("\"stream\":true"));
                peer.write(ScriptedUpstream.eventStreamHead());
                for (int i = 0; i < events.length(); i += cutBytes) {
                    peer.write(ScriptedUpstream.chunk(events.substring(i, Math.min(events.length(), i + cutBytes))));
                }
                peer.write("0\r\n\r\n");
            }
        });
    }

    private RawPeer.Message ask(String body) throws Exception {
        try (RawPeer client = connect()) {
            return client.write(post(body)).readMessage();
        }
    }

    static List<?> cases() {
        return (List<?>) RequestCase.read("collect/cases.json");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldCollect(Map<?, ?> row) throws Exception {
        StringBuilder events = new StringBuilder();
        for (Object event : (List<?>) row.get("events")) {
            events.append("event: ").append(((Map<?, ?>) event).get("type")).append("\ndata: ")
                    .append(JsonTree.text(event)).append("\n\n");
        }
        for (int cutBytes : new int[] {7, 100_000}) {
            launchStreaming(events.toString(), cutBytes);
            RawPeer.Message answer = ask(BODY_OF_JSON);

            String status = ((JsonTree.Literal) row.get("status")).text();
            assertTrue(answer.head().startsWith("HTTP/1.1 " + status + ' '), () -> answer.head() + answer.text());
            assertTrue(answer.head().contains("\r\ncontent-type: application/json\r\n"), answer.head());
            Map<?, ?> body = (Map<?, ?>) JsonTree.read(answer.body());
            if (row.containsKey("body")) {
                assertEquals(row.get("body"), body);
            } else {
                Map<?, ?> error = (Map<?, ?>) body.get("error");
                assertEquals(row.get("code"), error.get("code"));
                assertEquals(java.util.Set.of("message", "type", "code", "param"), error.keySet());
            }
            relay.close();
        }
    }

    @Test
    void shouldAccountForWhatWasCollectedAndReuseTheConnection() throws Exception {
        launchStreaming(CREATED + DELTA + COMPLETED, 50);

        ask(BODY_OF_JSON); // answered at the terminal event, perhaps before the body's last bytes have arrived
        Await.until("the connection is free", () -> relay.core().idleUpstreamConnections() == 1);
        ask(BODY_OF_JSON);

        assertEquals(8, takeUsage().usage().totalTokens());
        assertEquals(1, upstream.connections());
    }

    @Test
    void shouldRelayTheStreamToWhoeverWantsIt() throws Exception {
        launchStreaming(CREATED + DELTA + COMPLETED, 50);

        assertEquals(CREATED + DELTA + COMPLETED, ask(BODY).text());
    }

    @Test
    void shouldNotCollectMoreThanItMay() throws Exception {
        launch(route -> route.withProfile("codex-lb"),
                builder -> builder.limits(LimitConfig.DEFAULT.withMaxHeldBytes(1000)));
        upstream.always(peer -> {
            peer.readMessage();
            peer.write(ScriptedUpstream.eventStreamHead());
            peer.write(ScriptedUpstream.chunk("data: {\"type\":\"response.output_item.done\",\"output_index\":0,"
                    + "\"item\":{\"x\":\"" + "y".repeat(2000)));
            peer.awaitClose();
        });

        RawPeer.Message answer = ask(BODY_OF_JSON);

        assertTrue(answer.head().startsWith("HTTP/1.1 502 "), answer.head());
        assertTrue(answer.text().contains("upstream_answer_too_large"), answer.text());
    }

    /** Bytes after the terminal event are dropped; they are no reason to refuse the answer. */
    @Test
    void shouldNotMindWhatFollowsTheTerminalEvent() throws Exception {
        launch(route -> route.withProfile("codex-lb"),
                builder -> builder.limits(LimitConfig.DEFAULT.withMaxHeldBytes(1000)));
        upstream.always(peer -> {
            peer.readMessage();
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(CREATED + DELTA + COMPLETED
                    + "data: " + "x".repeat(3000)) + "0\r\n\r\n");
            peer.awaitClose();
        });

        assertTrue(ask(BODY_OF_JSON).text().contains("\"status\":\"completed\""));
    }

    /**
     * The limit on JSON values also holds for the last event, so that the downstream gets a refusal and does not wait.
     */
    @Test
    void shouldRefuseALastEventOfTooManyParts() throws Exception {
        launchStreaming("data: {\"type\":\"response.completed\",\"response\":{\"output\":[" + "1,".repeat(
                JsonTree.MAX_VALUES) + "1]}}\n", 1 << 20);

        assertTrue(ask(BODY_OF_JSON).text().contains("upstream_answer_too_large"));
    }

    @Test
    void shouldAnswer502ToAStreamWithoutAByte() throws Exception {
        launch(route -> route.withProfile("codex-lb"), builder -> builder);
        upstream.always(peer -> {
            peer.readMessage();
            peer.write(ScriptedUpstream.eventStreamHead());
            peer.close();
        });

        assertTrue(ask(BODY_OF_JSON).text().contains("upstream_stream_truncated"));
    }

    @Test
    void shouldDrainForTheUsageOfWhoeverLeavesWhileItCollects() throws Exception {
        launch(route -> route.withProfile("codex-lb").withDownstreamLeave(
                DownstreamLeave.DRAIN), builder -> builder.limits(
                LimitConfig.DEFAULT.withDrainBytes(64 * 1024 * 1024)));
        upstream.always(peer -> {
            peer.readMessage();
            // So much data that the relay must read some of it before all of it can be written.
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(CREATED));
            for (int i = 0; i < 200; i++) {
                peer.write(ScriptedUpstream.chunk(DELTA.replace("hi", "x".repeat(60_000))));
                if (i == 150) {
                    isCollecting.countDown();
                }
            }
            peer.write(ScriptedUpstream.chunk(COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY_OF_JSON));
            isCollecting.await();
        }

        assertEquals(8, takeUsage().usage().totalTokens());
    }

    /** An upstream that rejects the relay's key may quote the key in its message. */
    @Test
    void shouldNotTellWhatTheUpstreamSaysOfTheKey() throws Exception {
        launchStreaming("data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"invalid_api_key\","
                + "\"message\":\"Incorrect API key provided: sk-upstream\"}}}\n\n", 1000);

        RawPeer.Message answer = ask(BODY_OF_JSON);

        assertTrue(answer.head().startsWith("HTTP/1.1 401 "), answer.head());
        assertTrue(!answer.text().contains("sk-upstream"), answer.text());
    }

    /** A connection closed in mid-stream does not end an answer, no matter how much has been collected. */
    @Test
    void shouldAnswer502ToAnUpstreamThatIsLost() throws Exception {
        launch(route -> route.withProfile("codex-lb"), builder -> builder);
        upstream.always(peer -> {
            peer.readMessage();
            peer.write(ScriptedUpstream.eventStreamHead()).write(ScriptedUpstream.chunk(CREATED + DELTA));
            peer.close();
        });

        RawPeer.Message answer = ask(BODY_OF_JSON);

        assertTrue(answer.head().startsWith("HTTP/1.1 502 "), answer.head());
        assertTrue(answer.text().contains("upstream_stream_truncated"), answer.text());
    }

    /** The Kie and Codex faces answer with a stream by default; the API's own face answers with JSON by default. */
    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/responses", "/v1/responses", "/backend-api/codex/responses"})
    void shouldFollowTheFace(String path) throws Exception {
        launch(route -> route, builder -> builder);
        relay.close();
        launchDialect();
        String body = "{\"model\":\"gpt-5.2\",\"input\":\"hi\"}";

        RawPeer.Message answer = ask(path, body);

        boolean isCollected = path.equals("/v1/responses");
        assertEquals(isCollected, answer.head().contains("application/json"), answer.head());
        assertEquals(isCollected, !answer.text().equals(CREATED + DELTA + COMPLETED));
    }

    private RawPeer.Message ask(String path, String body) throws Exception {
        try (RawPeer client = connect()) {
            return client.write(post(body).replace("/v1/responses", path)).readMessage();
        }
    }

    private void launchDialect() {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up",
                        EndpointConfig.of(upstream.url(), null)).withDialect("kie"))
                .route(RouteConfig.of("*", "up")).build());
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(CREATED + DELTA + COMPLETED)
                        + "0\r\n\r\n");
            }
        });
    }
}
