// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HealthConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.engine.spi.AffinityStore;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An upstream that is asked before the downstream's handshake is answered. */
class WebSocketDialIT extends WebSocketFixture {
    private String answer(String... headers) throws IOException {
        try (RawPeer peer = connect()) {
            return peer.write(WebSocketPeer.request("/v1/responses", headers)).readHead();
        }
    }

    private static void refuse(RawPeer raw, String status) throws Exception {
        raw.readHead();
        raw.write("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\n{}");
        raw.awaitClose();
    }

    /** The Codex CLI asks over HTTP after 426, and there gets the reason. */
    @ParameterizedTest
    @ValueSource(strings = {"404 Not Found", "401 Unauthorized", "403 Forbidden", "429 Too Many", "500 Oops",
        "503 Unavailable", "426 Upgrade Required", "200 OK", "302 Found\r\nLocation: http://evil.example/",
        "101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA"})
    void shouldAskForHttpIfTheUpstreamRefuses(String status) throws Exception {
        launchNative();
        upstream.always(raw -> refuse(raw, status));

        assertTrue(answer().startsWith("HTTP/1.1 426 "));
        assertEquals(0, gauge("websockets_open"));
        assertEquals(1, upstream.connections());
    }

    @Test
    void shouldAskForHttpIfTheUpstreamClosesOrCannotBeReached() throws Exception {
        int closed;
        try (ServerSocket socket = new ServerSocket(0)) {
            closed = socket.getLocalPort();
        }
        launch(WebSocketMode.NATIVE, EndpointConfig.of(upstream.url(), "k"),
                EndpointConfig.of("http://127.0.0.1:" + closed + "/v1", "k"));
        upstream.always(RawPeer::readHead);

        assertTrue(answer().startsWith("HTTP/1.1 426 "));
        assertEquals(1, upstream.connections());
    }

    @Test
    void shouldAskForHttpIfNoUpstreamAnswersInTime() throws Exception {
        time.stopTicking();
        launch(WebSocketMode.NATIVE, EndpointConfig.of(upstream.url(), "k"), EndpointConfig.of(second.url(), "k"));
        CompletableFuture<Void> isAsked = new CompletableFuture<>();
        CompletableFuture<Void> isOtherAsked = new CompletableFuture<>();
        upstream.always(raw -> {
            raw.readHead();
            isAsked.complete(null);
            raw.awaitClose();
        });
        second.always(raw -> {
            raw.readHead();
            isOtherAsked.complete(null);
            raw.awaitClose();
        });
        try (RawPeer peer = connect()) {
            peer.write(WebSocketPeer.request("/v1/responses"));
            CompletableFuture.anyOf(isAsked, isOtherAsked).get(20, TimeUnit.SECONDS);
            time.advance(Duration.ofSeconds(5));
            CompletableFuture.allOf(isAsked, isOtherAsked).get(20, TimeUnit.SECONDS);
            time.advance(Duration.ofSeconds(5));

            assertTrue(peer.readHead().startsWith("HTTP/1.1 426 "));
        }
    }

    @Test
    void shouldAskTheNextEndpoint() throws Exception {
        launch(WebSocketMode.NATIVE, EndpointConfig.of(upstream.url(), "k"), EndpointConfig.of(second.url(), "k"));
        upstream.always(raw -> refuse(raw, "503 Unavailable"));
        second.always(WebSocketFixture::answerAll);
        for (int i = 0; i < 4; i++) {
            try (WebSocketPeer peer = client()) {
                assertEquals(List.of(CREATED, DELTA, COMPLETED), peer.send(CREATE).readUntil("response.completed"));
            }
        }
        assertEquals(4, second.connections());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldPassOnTheHeadersThatClientsRead(boolean isRenamed) throws Exception {
        RouteConfig route = RouteConfig.of("gpt-*", "up");
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0).cluster(cluster("up", upstream))
                .route(isRenamed ? route.toBuilder().upstreamModel("d-7").build() : route).build(), extensions());
        upstream.always(raw -> {
            WebSocketPeer.accept(raw, raw.readHead(), "X-Request-Id: req_1", "OpenAI-Model: gpt-5.2",
                    "x-models-etag: e1", "X-Reasoning-Included: true", "x-codex-plan-type: pro",
                    "x-ratelimit-limit-requests: 7", "Set-Cookie: a=b", "Server: secret", "Via: 1.1 inner");
            raw.awaitClose();
        });

        String head = answer().toLowerCase(Locale.ROOT);

        assertTrue(head.startsWith("http/1.1 101 "), head);
        for (String passed : List.of("x-request-id: req_1", "x-models-etag: e1", "x-reasoning-included: true",
                "x-codex-plan-type: pro", "x-ratelimit-limit-requests: 7")) {
            assertTrue(head.contains("\r\n" + passed + "\r\n"), head);
        }
        assertEquals(!isRenamed, head.contains("openai-model: gpt-5.2"), head);
        for (String absent : List.of("set-cookie", "server", "via")) {
            assertFalse(head.contains("\r\n" + absent + ":"), head);
        }
    }

    @Test
    void shouldSendTheHeadOfARequestAndUseTheConnectionForAllOfThem() throws Exception {
        launchNative();
        CompletableFuture<String> head = new CompletableFuture<>();
        upstream.then(raw -> {
            head.complete(raw.readHead());
            answerAll(WebSocketPeer.accept(raw, head.get()));
        });
        try (WebSocketPeer peer = client("session-id: s1", "openai-beta: responses_websockets=2026-02-06",
                "Authorization: Bearer sk-caller")) {
            String sent = head.get().toLowerCase(Locale.ROOT); // before any request
            assertTrue(sent.contains("session-id: s1\r\n"), sent);
            assertTrue(sent.contains("openai-beta: responses_websockets="), sent);
            assertTrue(sent.contains("authorization: bearer sk-upstream\r\n") && !sent.contains("sk-caller"), sent);
            for (int i = 0; i < 3; i++) {
                peer.send(CREATE).readUntil("response.completed");
            }
        }
        assertEquals(1, upstream.connections());
    }

    @Test
    void shouldPassOnWhatTheUpstreamSendsRightAfterItsHandshake() throws Exception {
        launchNative();
        upstream.then(raw -> {
            WebSocketPeer.accept(raw).send("{\"type\":\"codex.rate_limits\"}");
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            assertEquals("{\"type\":\"codex.rate_limits\"}", peer.read());
        }
    }

    @Test
    void shouldTellTheClientToComeBackIfTheUpstreamClosesBeforeTheFirstRequest() throws Exception {
        launchNative();
        upstream.then(raw -> WebSocketPeer.accept(raw).close(1000, ""));
        try (WebSocketPeer peer = client()) {
            assertEquals(1012, peer.readClose());
        }
    }

    @Test
    void shouldCloseTheUpstreamOfADownstreamThatLeft() throws Exception {
        launch(WebSocketMode.NATIVE, EndpointConfig.of(upstream.url(), "k"));
        CompletableFuture<Void> isAsked = new CompletableFuture<>();
        CompletableFuture<Boolean> isClosed = new CompletableFuture<>();
        upstream.then(raw -> {
            raw.readHead();
            isAsked.complete(null);
            isClosed.complete(raw.awaitClose());
        });
        try (RawPeer peer = connect()) {
            peer.write(WebSocketPeer.request("/v1/responses"));
            isAsked.get(20, TimeUnit.SECONDS);
        }

        assertTrue(isClosed.get(20, TimeUnit.SECONDS));
        relay.drain().get(20, TimeUnit.SECONDS);
    }

    @Test
    void shouldCountAConnectionWhoseUpstreamIsStillAsked() throws Exception {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0).cluster(cluster("up", upstream))
                .route(RouteConfig.of("gpt-*", "up"))
                .limits(LimitConfig.DEFAULT.toBuilder().maxWebSockets(1).build()).build(), extensions());
        CompletableFuture<Void> isAsked = new CompletableFuture<>();
        CompletableFuture<Void> go = new CompletableFuture<>();
        upstream.then(raw -> {
            raw.readHead();
            isAsked.complete(null);
            go.get();
            raw.write("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
            raw.awaitClose();
        }).then(WebSocketFixture::answerAll);
        try (RawPeer first = connect()) {
            first.write(WebSocketPeer.request("/v1/responses"));
            isAsked.get(20, TimeUnit.SECONDS);

            assertFalse(answer().startsWith("HTTP/1.1 101 "));
            go.complete(null);
            assertTrue(first.readHead().startsWith("HTTP/1.1 426 "));
        }
        client().close();
    }

    @ParameterizedTest
    @CsvSource({"NATIVE, other-*", "BRIDGE, gpt-*"})
    void shouldAskNoUpstreamIfTheModelDecidesWhereOrItIsReachedOverHttp(WebSocketMode mode, String model)
            throws Exception {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(cluster("up", upstream).withWebsocket(mode))
                .cluster(cluster("other", second).withWebsocket(mode))
                .route(RouteConfig.of("gpt-*", "up")).route(RouteConfig.of(model, "other")).build(), extensions());

        client().close();

        assertEquals(0, upstream.connections() + second.connections());
    }

    @Test
    void shouldReachTheEndpointOfItsSession() throws Exception {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), "k"),
                        EndpointConfig.of(second.url(), "k")).withWebsocket(WebSocketMode.NATIVE)
                        .withBalance(Balance.ROUND_ROBIN, HealthConfig.DEFAULT))
                .route(RouteConfig.of("gpt-*", "up")).build(), extensions());
        upstream.always(WebSocketFixture::answerAll);
        second.always(WebSocketFixture::answerAll);
        for (int i = 0; i < 5; i++) {
            try (WebSocketPeer peer = client("session-id: s1")) {
                peer.send(CREATE).readUntil("response.completed");
            }
        }

        assertTrue(upstream.connections() == 0 || second.connections() == 0);
    }

    @Test
    void shouldGoOnWithoutAStoreOfOwnersThatDoesNotAnswer() throws Exception {
        time.stopTicking();
        AffinityStore silent = new AffinityStore() {
            @Override
            public void find(List<String> keys, Answer answer) {
                // never
            }

            @Override
            public void put(String key, String endpoint, Duration ttl) {
                // not kept
            }
        };
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), "k"),
                        EndpointConfig.of(upstream.url(), "k2")).withWebsocket(WebSocketMode.NATIVE))
                .route(RouteConfig.of("gpt-*", "up")).timeouts(TimeoutConfig.builder().build()).build(),
                extensionsBuilder().affinityStore(silent).build());
        upstream.always(WebSocketFixture::answerAll);
        try (RawPeer peer = connect()) {
            peer.write(WebSocketPeer.request("/v1/responses", "session-id: s1"));
            awaitInFlight(1);
            time.advance(Duration.ofSeconds(3));

            assertTrue(peer.readHead().startsWith("HTTP/1.1 101 "));
        }
    }
}
