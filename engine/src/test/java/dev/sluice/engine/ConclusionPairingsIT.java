// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Pairing.Client;
import dev.sluice.engine.Pairing.Rest;
import dev.sluice.engine.Pairing.Server;
import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HealthConfig;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RetryConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TransportConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** P14 and P15 in each pairing of HTTP/1.1 and HTTP/2. */
class ConclusionPairingsIT extends RelayFixture {
    private static final String GOOD = "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_good\","
            + "\"status\":\"completed\",\"output\":[]}}\n\n";

    private final ScriptedUpstream other = new ScriptedUpstream();

    @AfterEach
    void stopOther() {
        other.close();
    }

    static List<Pairing> pairings() {
        List<Pairing> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(new Pairing((i & 1) != 0, (i & 2) != 0, false));
        }
        return all;
    }

    static Stream<Arguments> with(String... values) {
        return pairings().stream().flatMap(pairing -> Stream.of(values).map(value -> Arguments.of(pairing, value)));
    }

    static Stream<Arguments> ends() {
        return with("close", "reset", "silence");
    }

    static Stream<Arguments> refusals() {
        return with("429 {}", "503 {}", "401 {}", "404 {\"error\":{\"code\":\"model_not_found\"}}",
                "200 {\"error\":{\"code\":429}}", "data: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\"}\n\n",
                "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\","
                        + "\"error\":{\"code\":\"server_error\"}}}\n\n");
    }

    static Stream<Arguments> bodies() {
        return with("", "application/octet-stream", "text/plain");
    }

    /** Launches a relay that prefers {@code upstream} to {@code other}. */
    private void launch(Pairing pairing, boolean isIdempotent, String profile) {
        HttpVersions versions = pairing.isUpstream2() ? HttpVersions.HTTP_2 : HttpVersions.HTTP_1;
        RouteConfig route = RouteConfig.of("gpt-*", "up").withRetry(RetryConfig.DEFAULT.withIdempotent(isIdempotent));
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up",
                        EndpointConfig.of(upstream.url(), "sk-a").withPlace(1, 0, 0).withVersions(versions),
                        EndpointConfig.of(other.url(), "sk-b").withPlace(1, 1, 0).withVersions(versions))
                        .withBalance(Balance.PRIORITY, HealthConfig.DEFAULT))
                .route(profile == null ? route : route.withProfile(profile))
                .transport(new TransportConfig(transport, 1, false)).build(), extensions());
        other.always(peer -> {
            Server server = pairing.accept(peer);
            while (true) {
                server.request();
                server.head().send(GOOD).end();
            }
        });
    }

    /** The answer is whole with its terminal event, however the upstream leaves after that. */
    @ParameterizedTest
    @MethodSource("ends")
    void shouldEndCleanlyAfterTheTerminalEvent(Pairing pairing, String leave) throws Exception {
        launch(pairing, false, null);
        CountDownLatch received = new CountDownLatch(1);
        upstream.then(peer -> {
            Server server = pairing.accept(peer);
            server.request();
            server.head().send(CREATED).send(COMPLETED);
            assertTrue(received.await(20, TimeUnit.SECONDS));
            if (!leave.equals("silence")) {
                server.lose(leave.equals("reset"));
            }
            server.awaitClose();
        });

        try (Client client = pairing.connect(relay.port(), null)) {
            assertEquals(200, client.post(BODY).status());
            assertEquals(CREATED + COMPLETED, client.readUntil(COMPLETED));
            received.countDown();
            if (leave.equals("silence")) {
                time.settle();
                time.advance(java.time.Duration.ofMillis(300)); // the event is noticed
                time.advance(java.time.Duration.ofMillis(1300));
            }
            Rest rest = client.readRest();
            assertTrue(rest.isClean(), rest.text());
        }
        assertTrue(takeUsage().isComplete());
    }

    /** A request whose failure passes, or is the endpoint's own, goes to the other endpoint before the first byte. */
    @ParameterizedTest
    @MethodSource("refusals")
    void shouldAskTheOther(Pairing pairing, String refusal) throws Exception {
        launch(pairing, false, null);
        upstream.always(peer -> {
            Server server = pairing.accept(peer);
            while (true) {
                server.request();
                if (Character.isDigit(refusal.charAt(0))) {
                    server.answer(Integer.parseInt(refusal.substring(0, 3)), "application/json", refusal.substring(4));
                } else {
                    server.head().send(refusal).end();
                }
            }
        });

        for (int i = 0; i < 3; i++) {
            try (Client client = pairing.connect(relay.port(), null)) {
                assertEquals(200, client.post(BODY).status());
                assertEquals(GOOD, client.readRest().text());
            }
        }
    }

    /** A collected answer that breaks off goes to the other endpoint where the route allows that. */
    @ParameterizedTest
    @MethodSource("pairings")
    void shouldCollectFromTheOther(Pairing pairing) throws Exception {
        launch(pairing, true, "codex-lb");
        upstream.then(peer -> {
            Server server = pairing.accept(peer);
            server.request();
            server.head().send(CREATED).send(DELTA).lose(false);
            server.awaitClose();
        });

        try (Client client = pairing.connect(relay.port(), null)) {
            assertEquals(200, client.post(BODY.replace("true", "false")).status());
            assertTrue(client.readRest().text().contains("resp_good"));
        }
    }

    /** A stream without a usable label is one. */
    @ParameterizedTest
    @MethodSource("bodies")
    void shouldKnowAStreamByItsFirstBytes(Pairing pairing, String type) throws Exception {
        launch(pairing, false, null);
        upstream.then(peer -> {
            Server server = pairing.accept(peer);
            server.request();
            server.answer(200, type.isEmpty() ? "x/y" : type, CREATED + COMPLETED);
            server.awaitClose();
        });

        try (Client client = pairing.connect(relay.port(), null)) {
            assertEquals(200, client.post(BODY).status());
            assertEquals("no", client.header("x-accel-buffering"));
            Rest rest = client.readRest();
            assertEquals(CREATED + COMPLETED, rest.text());
            assertTrue(rest.isClean());
        }
        assertEquals(8, takeUsage().usage().totalTokens());
    }
}
