// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.Profiles;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every path of the request contract. */
class FacesIT extends RelayFixture {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
            + "{\"ok\": 1}";

    private final BlockingQueue<RawPeer.Message> requests = new LinkedBlockingQueue<>();

    private void launchOne(UnaryOperator<RelayConfig.Builder> more) {
        launch(route -> route, more);
        upstream.always(peer -> {
            while (true) {
                requests.add(peer.readMessage());
                peer.write(OK);
            }
        });
    }

    private RawPeer.Message ask(String request) throws Exception {
        try (RawPeer client = connect()) {
            return client.write(request).readMessage();
        }
    }

    private String upstreamLine() throws InterruptedException {
        String head = requests.poll(20, TimeUnit.SECONDS).head();
        return head.substring(0, head.indexOf('\r'));
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/v1/responses/resp_1,/v1/responses/resp_1",
        "GET,/v1/responses/resp_1?stream=true&starting_after=3&x=%20,"
            + "/v1/responses/resp_1?stream=true&starting_after=3&x=%20",
        "DELETE,/v1/responses/resp_1,/v1/responses/resp_1",
        "POST,/v1/responses/resp_1/cancel,/v1/responses/resp_1/cancel",
        "GET,/v1/responses/resp_1/input_items?limit=2,/v1/responses/resp_1/input_items?limit=2",
        "POST,/v1/conversations,/v1/conversations",
        "GET,/v1/conversations/conv_1,/v1/conversations/conv_1",
        "POST,/v1/conversations/conv_1/items,/v1/conversations/conv_1/items",
        "DELETE,/v1/conversations/conv_1/items/msg_1,/v1/conversations/conv_1/items/msg_1",
        "GET,/api/v1/responses/resp_1,/v1/responses/resp_1",
        "GET,/backend-api/codex/v1/responses/resp_1,/v1/responses/resp_1"})
    void shouldRelayPathsByIdToTheOnlyCluster(String method, String path, String relayed) throws Exception {
        launchOne(builder -> builder);

        RawPeer.Message answer = ask(method + ' ' + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");

        assertEquals("{\"ok\": 1}", answer.text(), answer.head());
        assertEquals(method + ' ' + relayed + " HTTP/1.1", upstreamLine());
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/responses,/v1/responses", "/responses,/v1/responses", "/backend-api/codex/responses,/v1/responses",
        "/backend-api/codex/v1/responses,/v1/responses", "/v1/responses/compact?a=b,/v1/responses/compact?a=b",
        "/v1/responses/input_tokens,/v1/responses/input_tokens", "/api/v1/responses/compact,/v1/responses/compact",
        "/v1/embeddings,/v1/embeddings", "/v1/chat/completions/x,/v1/chat/completions/x"})
    void shouldRouteByTheModelOfTheBody(String path, String relayed) throws Exception {
        launchOne(builder -> builder.relayedPath("/v1/embeddings").relayedPath("/v1/chat"));
        String body = "{ \"input\":\"hi\", \"store\":\"?\",\"model\":\"gpt-5.2\" }";

        RawPeer.Message answer = ask(post(body).replace("/v1/responses", path));
        RawPeer.Message unknown = ask(post(body.replace("gpt-5.2", "claude")).replace("/v1/responses", path)
                .replace("Content-Length: " + body.length(), "Content-Length: " + (body.length() - 1)));

        assertEquals("{\"ok\": 1}", answer.text());
        RawPeer.Message received = requests.poll(20, TimeUnit.SECONDS);
        assertTrue(received.head().startsWith("POST " + relayed + " HTTP/1.1\r\n"), received.head());
        assertEquals(body, received.text());
        assertTrue(unknown.text().contains("model_not_found"), unknown.head() + unknown.text());
    }

    /** On a further path the model counts whatever the method, and in one spelling only. */
    @ParameterizedTest
    @ValueSource(strings = {"POST", "GET", "DELETE"})
    void shouldLookAtTheModelOfEveryMethod(String method) throws Exception {
        launchOne(builder -> builder.relayedPath("/v1/embeddings"));
        String start = method + " /v1/embeddings HTTP/1.1";

        String known = ask(post(BODY).replace("POST /v1/responses HTTP/1.1", start)).text();
        String unknown = ask(post(BODY.replace("gpt-5.2", "claude")).replace("POST /v1/responses HTTP/1.1", start))
                .text();
        String chunked = ask(start + "\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
                + "\r\n\r\n" + ScriptedUpstream.chunk(BODY.replace("gpt-5.2", "claude")) + "0\r\n\r\n").text();
        String spelled = ask(post(BODY.replace("{", "{\"Model\":\"claude\",")).replace("POST /v1/responses HTTP/1.1",
                start)).text();

        assertEquals("{\"ok\": 1}", known);
        assertTrue(unknown.contains("model_not_found"), unknown);
        assertTrue(chunked.contains("model_not_found"), chunked);
        assertTrue(spelled.contains("another case (expected: model)"), spelled);
        assertEquals(1, requests.size());
    }

    /** A stored stream is relayed like any other stream. */
    @Test
    void shouldRelayAStoredStream() throws Exception {
        launch();
        upstream.always(peer -> {
            peer.readHead();
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(DELTA + COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        });

        assertEquals(DELTA + COMPLETED, ask("GET /v1/responses/r?stream=true HTTP/1.1\r\nHost: a\r\n\r\n").text());
    }

    @Test
    void shouldRelayALargeBodyThatItDoesNotLookAt() throws Exception {
        launchOne(builder -> builder);
        String body = "not json ".repeat(100_000);

        RawPeer.Message answer = ask("POST /v1/conversations/c/items HTTP/1.1\r\nHost: a\r\nContent-Encoding: br\r\n"
                + "Content-Length: " + body.length() + "\r\n\r\n" + body);

        assertEquals("{\"ok\": 1}", answer.text());
        RawPeer.Message received = requests.poll(20, TimeUnit.SECONDS);
        assertEquals(body, received.text());
        assertTrue(received.head().contains("ontent-Encoding: br\r\n"), received.head());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/responses/..", "/v1/responses/%2e%2e", "/v1/responses/%2E./cancel",
        "/v1/responses/a%2f..%2fb", "/v1/responses//", "/v1/conversations/./items", "/v1/responses/a%5cb", "/v1/files",
        "/v2/responses", "/v1/responses/a/b", "/v1/embeddings/../responses"})
    void shouldNotServeDisguisedOrUnknownPaths(String path) throws Exception {
        launchOne(builder -> builder.relayedPath("/v1/embeddings"));

        RawPeer.Message answer = ask("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");

        assertTrue(answer.head().startsWith("HTTP/1.1 404 "), answer.head());
        assertEquals(0, upstream.connections());
    }

    @Test
    void shouldAskForPostWhereWebSocketIsOffered() throws Exception {
        launch();
        for (String path : new String[] {"/v1/responses", "/backend-api/codex/responses"}) {
            RawPeer.Message answer = ask("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

            assertTrue(answer.head().startsWith("HTTP/1.1 426 "), answer.head());
            assertTrue(answer.head().contains("\r\nupgrade: websocket\r\n"), answer.head());
        }
        String head = ask("PUT /v1/responses/x HTTP/1.1\r\nHost: a\r\n\r\n").head();
        assertTrue(head.contains("\r\nallow: GET, DELETE\r\n"), head);
    }

    private void launchTwoClusters(String defaultCluster) {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null)))
                .cluster(ClusterConfig.of("other", EndpointConfig.of("http://127.0.0.1:1/v1", null)))
                .route(RouteConfig.of("other", "other")).route(RouteConfig.of("gpt-5.2", "up"))
                .defaultCluster(defaultCluster)
                .key(KeyConfig.ofSecret("all", "sk-all"))
                .key(KeyConfig.ofSecret("one", "sk-one").withModels("gpt-*"))
                .key(KeyConfig.ofSecret("kie", "sk-kie").withProfiles("kie", "o*")).build());
        upstream.always(peer -> {
            while (true) {
                requests.add(peer.readMessage());
                peer.write(OK);
            }
        });
    }

    private static String byId(String key) {
        return "GET /v1/responses/r HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + key + "\r\n\r\n";
    }

    @Test
    void shouldFindTheClusterOfAnUnknownOwner() throws Exception {
        launchTwoClusters(null);
        assertTrue(ask(byId("sk-one")).head().startsWith("HTTP/1.1 200 "));
        assertTrue(ask(byId("sk-all")).head().startsWith("HTTP/1.1 404 "));
        assertTrue(ask(byId("sk-none")).head().startsWith("HTTP/1.1 401 "));
        relay.close();

        launchTwoClusters("up");
        assertTrue(ask(byId("sk-all")).head().startsWith("HTTP/1.1 200 "));
    }

    /** A key does not reach a default cluster that it may not use, and its profiles apply on every path. */
    @Test
    void shouldNotLetAKeyReachMoreWithoutAModel() throws Exception {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("secret", EndpointConfig.of(upstream.url(), null)))
                .cluster(ClusterConfig.of("a", EndpointConfig.of(upstream.url(), null)))
                .cluster(ClusterConfig.of("b", EndpointConfig.of(upstream.url(), null)))
                .route(RouteConfig.of("s-*", "secret")).route(RouteConfig.of("a-1", "a"))
                .route(RouteConfig.of("a-*", "b").withProfile("codex-lb-lenient"))
                .route(RouteConfig.of("gpt-5.5-fast", "a").withProfile("codex-lb-lenient"))
                .defaultCluster("secret").relayedPath("/v1/files")
                .key(KeyConfig.ofSecret("one", "sk-one").withModels("a-*"))
                .key(KeyConfig.ofSecret("glob", "sk-glob").withModels("s-3"))
                .key(KeyConfig.ofSecret("first", "sk-first").withModels("a-1"))
                .key(KeyConfig.ofSecret("fast", "sk-fast").withModels("gpt-5.5"))
                .key(KeyConfig.ofSecret("kie", "sk-kie").withProfiles("codex-lb")).build());
        upstream.always(peer -> {
            while (true) {
                requests.add(peer.readMessage());
                peer.write(OK);
            }
        });
        String body = "{\"model\":\"gpt-5.5-fast\",\"input\":\"hi\"}";

        assertTrue(ask(byId("sk-one")).head().startsWith("HTTP/1.1 404 "));
        assertTrue(ask(byId("sk-one").replace("/responses/r", "/files")).head().startsWith("HTTP/1.1 404 "));
        assertTrue(ask(byId("sk-glob")).head().startsWith("HTTP/1.1 200 "));
        assertTrue(ask(byId("sk-first")).head().startsWith("HTTP/1.1 200 "), "a-1 is only ever asked of cluster a");
        assertTrue(ask(byId("sk-kie").replace("/v1", "/api/v1")).head().startsWith("HTTP/1.1 404 "));
        RawPeer.Message suffixed = ask(post("Authorization: Bearer sk-fast\r\nContent-Length: " + body.length()
                + "\r\n", body));
        assertTrue(suffixed.head().startsWith("HTTP/1.1 403 "), suffixed.head());
    }

    /** A relayed path never takes precedence over a face. */
    @Test
    void shouldServeTheFacesBeforeRelayedPaths() throws Exception {
        launch(route -> route.withProfile("codex-lb"), builder -> builder.relayedPath("/v1").relayedPath("/api"));
        String body = "{\"model\":\"gpt-5.2\",\"input\":\"hi\",\"store\":true}";

        assertTrue(ask(post(body)).text().contains("\"param\":\"store\""));
    }

    /** R51: headers that identify the caller are not forwarded. */
    @Test
    void shouldNotSendOnWhatNamesTheCaller() throws Exception {
        launchOne(builder -> builder.key(KeyConfig.ofSecret("alice", "sk-alice")));
        String headers = "X-Forwarded-For: 192.0.2.1\r\nCF-Ray: 8f\r\nCookie: a=secret\r\n"
                + "Authorization: Bearer sk-alice\r\nTrue-Client-IP: 192.0.2.1\r\nX-Request-Id: r-1\r\n"
                + "Content-Length: " + BODY.length() + "\r\n";

        ask(post(headers, BODY));

        String sent = requests.poll(20, TimeUnit.SECONDS).head().toLowerCase(java.util.Locale.ROOT);
        for (String name : new String[] {"x-forwarded-for", "cf-ray", "cookie", "true-client-ip", "sk-alice",
            "192.0.2.1", "host: relay"}) {
            assertFalse(sent.contains(name), sent);
        }
        assertTrue(sent.contains("\r\nauthorization: bearer sk-upstream\r\n"), sent);
        assertTrue(sent.contains("\r\nx-request-id: r-1\r\n"), sent);
        assertTrue(sent.contains("\r\naccept-encoding: identity\r\n"), sent);
    }

    /** R48: a key uses and lists only the models that it allows. */
    @Test
    void shouldHonourWhatAKeyMayUse() throws Exception {
        launchTwoClusters(null);
        String auth = "Authorization: Bearer sk-one\r\n";
        String body = "{\"model\":\"other\",\"input\":\"hi\"}";

        RawPeer.Message refused = ask(post(auth + "Content-Length: " + body.length() + "\r\n", body));
        RawPeer.Message models = ask("GET /v1/models HTTP/1.1\r\nHost: a\r\n" + auth + "\r\n");

        assertTrue(refused.head().startsWith("HTTP/1.1 403 "), refused.head());
        assertTrue(refused.text().contains("This API key does not have access to model 'other'"), refused.text());
        assertTrue(models.text().contains("\"id\":\"gpt-5.2\""), models.text());
        assertFalse(models.text().contains("\"id\":\"other\""), models.text());
    }

    @Test
    void shouldHonourTheProfilesOfAKey() throws Exception {
        launch(route -> route.withProfile("codex-lb"), builder -> builder
                .key(KeyConfig.ofSecret("kie", "sk-kie").withProfiles("kie", "o*")));
        String auth = "Authorization: Bearer sk-kie\r\n";
        String body = "{\"model\":\"gpt-5.2\",\"input\":\"hi\"}";

        RawPeer.Message refused = ask(post(auth + "Content-Length: " + body.length() + "\r\n", body));

        assertTrue(refused.head().startsWith("HTTP/1.1 403 "), refused.head());
        assertTrue(refused.text().contains("\"code\":\"profile_not_allowed\""), refused.text());
    }

    /**
     * Two routes with different profiles: a body whose model comes last is scanned again by the rules of its own route.
     */
    @Test
    void shouldApplyTheProfileOfTheRouteThatIsFoundLate() throws Exception {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null)))
                .route(RouteConfig.of("plain", "up"))
                .route(RouteConfig.of("strict", "up").withProfile("codex-lb").withUpstreamModel("real")).build());
        upstream.always(peer -> {
            while (true) {
                requests.add(peer.readMessage());
                peer.write(OK);
            }
        });
        String filler = "x".repeat(300_000);
        String body = "{\"input\":[],\"temperature\":1,\"zz\":\"" + filler + "\",\"model\":\"strict\",\"top_p\":1}";

        assertEquals("{\"ok\": 1}", ask(post(body)).text());
        assertEquals("{\"ok\": 1}", ask(post(body.replace("strict", "plain"))).text());
        RawPeer.Message refused = ask(post(body.replace("\"temperature\"", "\"truncation\"")));

        assertEquals("{\"input\":[],\"zz\":\"" + filler + "\",\"model\":\"real\",\"top_p\":1,\"store\":false,"
                + "\"stream\":true,\"instructions\":\"\",\"include\":[]}", requests.poll(20, TimeUnit.SECONDS).text());
        assertEquals(body.replace("strict", "plain"), requests.poll(20, TimeUnit.SECONDS).text());
        assertTrue(refused.text().contains("\"param\":\"truncation\""), refused.text());
        assertTrue(requests.isEmpty());
    }

    /** An operator's profile for an upstream without events: a request for a stream gets a clear refusal. */
    @Test
    void shouldRefuseEventsThatAnUpstreamDoesNotHave() throws Exception {
        Profile json = Profile.read("documents", Map.of("answers", "json"), Profiles.builtIn());
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0).profile(json)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null)).withDialect("documents"))
                .route(RouteConfig.of("*", "up")).build());
        upstream.always(peer -> {
            while (true) {
                requests.add(peer.readMessage());
                peer.write(OK);
            }
        });

        RawPeer.Message refused = ask(post(BODY));
        RawPeer.Message answered = ask(post(BODY.replace("true", "false")));

        assertTrue(refused.head().startsWith("HTTP/1.1 501 "), refused.head());
        assertTrue(refused.text().contains("\"param\":\"stream\""), refused.text());
        assertEquals("{\"ok\": 1}", answered.text());
        assertEquals(JsonTree.read(BODY.replace("true", "false").getBytes()),
                JsonTree.read(requests.poll(20, TimeUnit.SECONDS).body()));
    }
}
