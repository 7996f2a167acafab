// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TransportConfig;
import dev.sluice.protocol.json.JsonTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code GET /v1/models} answers with what the caller may really use. */
class ModelsIT extends RelayFixture {
    private final ScriptedUpstream other = new ScriptedUpstream();
    private final BlockingQueue<String> heads = new LinkedBlockingQueue<>();

    @AfterEach
    void stopOther() {
        other.close();
    }

    private void serve(ScriptedUpstream at, String answer) {
        at.always(peer -> {
            while (true) {
                heads.add(peer.readMessage().head());
                peer.write(answer);
            }
        });
    }

    private static String document(String json) {
        return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + json.length() + "\r\n\r\n"
                + json;
    }

    private static String list(String... ids) {
        StringBuilder data = new StringBuilder();
        for (String id : ids) {
            data.append(data.length() == 0 ? "" : ",").append("{\"id\":\"").append(id)
                    .append("\",\"object\":\"model\",\"created\":17,\"owned_by\":\"own\"}");
        }
        return document("{\"object\":\"list\",\"data\":[" + data + "]}");
    }

    private void launch(RouteConfig... routes) {
        RelayConfig.Builder builder = RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), "sk-up")))
                .cluster(ClusterConfig.of("other", EndpointConfig.of(other.url(), null)))
                .key(KeyConfig.ofSecret("all", "sk-all")).key(KeyConfig.ofSecret("one", "sk-one").withModels("gpt-5*"))
                .transport(new TransportConfig(transport, 1, false));
        for (RouteConfig route : routes) {
            builder.route(route);
        }
        relay = Relay.launch(builder.build(), extensions());
    }

    private RawPeer.Message get(String path, String key) throws IOException {
        try (RawPeer client = connect()) {
            return client.write("GET " + path + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + key + "\r\n\r\n")
                    .readMessage();
        }
    }

    private List<?> ids(String key) throws IOException {
        RawPeer.Message answer = get("/v1/models", key);
        assertTrue(answer.head().startsWith("HTTP/1.1 200 "), answer.head() + answer.text());
        return ((List<?>) ((Map<?, ?>) JsonTree.read(answer.text().getBytes(StandardCharsets.UTF_8))).get("data"))
                .stream().map(model -> ((Map<?, ?>) model).get("id")).toList();
    }

    /** The names of the routes come first, then the clusters' own, each where the routes would send it. */
    @Test
    void shouldMergeTheListsOfTheUpstreams() throws Exception {
        serve(upstream, list("gpt-5.5", "gpt-5.5-mini", "o4", "gpt-5.5"));
        serve(other, list("gpt-5.5", "o4", "o4-mini", "fast", "bad name", "whisper"));
        launch(RouteConfig.of("fast", "up").toBuilder().upstreamModel("gpt-5.5-mini").build(),
                RouteConfig.of("gpt-*", "up"), RouteConfig.of("o*", "other"),
                RouteConfig.of("claude-*", "other").toBuilder().upstreamModel("gpt-5.5").build());

        assertEquals(List.of("fast", "gpt-5.5", "gpt-5.5-mini", "o4", "o4-mini"), ids("sk-all"));
        assertEquals(List.of("gpt-5.5", "gpt-5.5-mini"), ids("sk-one"));

        String head = heads.poll(20, TimeUnit.SECONDS) + heads.poll(20, TimeUnit.SECONDS);
        assertTrue(head.contains("GET /v1/models HTTP/1.1\r\n") && head.contains("Bearer sk-up"), head);
        assertEquals(0, heads.size()); // the lists are kept
        assertTrue(get("/v1/models/gpt-5.5", "sk-all").text().contains("\"id\":\"gpt-5.5\",\"object\":\"model\","
                + "\"created\":17,\"owned_by\":\"own\""));
        assertTrue(get("/v1/models/gpt-9", "sk-all").head().startsWith("HTTP/1.1 404 "));
        assertTrue(get("/v1/models/o4", "sk-one").head().startsWith("HTTP/1.1 404 "));
        assertTrue(get("/v1/models?client_version=1", "sk-all").text().endsWith(",\"models\":[]}"));
    }

    @Test
    void shouldFetchAnOldListAgainWithoutWaitingForIt() throws Exception {
        serve(upstream, list("gpt-5.5"));
        launch(RouteConfig.of("*", "up"));
        assertEquals(List.of("gpt-5.5"), ids("sk-all"));
        serve(upstream, list("gpt-6"));

        time.advance(Duration.ofSeconds(61));
        Await.until("the new list is there", () -> ids("sk-all").contains("gpt-6"));
    }

    /** An upstream without a list breaks nothing: what may be there is not denied. */
    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhtml",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", "what", ""})
    void shouldDoWithoutAList(String answer) throws Exception {
        serve(other, list("o4"));
        if (answer.isEmpty()) {
            upstream.close();
        } else {
            upstream.always(peer -> {
                peer.readMessage();
                peer.write(answer);
                peer.close();
            });
        }
        launch(RouteConfig.of("gpt-*", "up"), RouteConfig.of("o*", "other"), RouteConfig.of("named", "up"));

        assertEquals(List.of("named", "o4"), ids("sk-all"));
        assertTrue(get("/v1/models/gpt-5.5", "sk-all").text().contains("\"id\":\"gpt-5.5\""));
        assertTrue(get("/v1/models/o5", "sk-all").head().startsWith("HTTP/1.1 404 "));
        assertTrue(get("/v1/models/x", "sk-all").head().startsWith("HTTP/1.1 404 "));
    }

    /** A relay that starts before its upstreams has their lists soon after they are there. */
    @Test
    void shouldAskAgainSoonWhereThereIsNoListYet() throws Exception {
        upstream.then(peer -> {
            peer.readMessage();
            peer.write("HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n");
            peer.close();
        });
        serve(upstream, list("gpt-5.5"));
        launch(RouteConfig.of("*", "up"));
        assertEquals(List.of(), ids("sk-all"));
        assertEquals(List.of(), ids("sk-all"));

        time.advance(Duration.ofMillis(2001));

        assertEquals(List.of("gpt-5.5"), ids("sk-all"));
    }

    @Test
    void shouldNotWaitForEverForAList() throws Exception {
        serve(other, list("o4"));
        upstream.always(RawPeer::awaitClose);
        launch(RouteConfig.of("gpt-*", "up"), RouteConfig.of("o*", "other"));

        try (RawPeer client = connect()) {
            client.write("GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-all\r\n\r\n");
            awaitInFlight(1);
            Await.until("the lists are asked for", () -> upstream.connections() == 1);
            time.settle();
            time.advance(Duration.ofMillis(2001));

            assertTrue(client.readMessage().text().contains("o4"));
        }
    }
}
