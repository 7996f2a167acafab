// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HealthConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RetryConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.config.TransportConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Before the first event, the downstream does not notice a failing endpoint as long as another one works. */
class FailoverIT extends RelayFixture {
    private static final String ANSWER = eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n";

    private final ScriptedUpstream second = new ScriptedUpstream();
    private final AtomicInteger firstRequests = new AtomicInteger();
    private final AtomicInteger secondRequests = new AtomicInteger();

    @AfterEach
    void stopSecond() {
        second.close();
    }

    private void launchBoth(int maxFailures) {
        launchBoth(maxFailures, RetryConfig.DEFAULT);
    }

    private void launchBoth(int maxFailures, RetryConfig retry) {
        second.always(peer -> serve(peer, secondRequests, ANSWER));
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0).admin(new AdminConfig("127.0.0.1", 0))
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null),
                        EndpointConfig.of(second.url(), null)).withBalance(Balance.ROUND_ROBIN,
                        new HealthConfig(maxFailures, Duration.ofSeconds(5), Duration.ofSeconds(60), 50)))
                .route(RouteConfig.of("gpt-*", "up").withRetry(retry))
                .timeouts(TimeoutConfig.builder().responseHead(Duration.ofSeconds(30)).build())
                .transport(new TransportConfig(transport, 1, false)).build(), extensions());
    }

    private static void serve(RawPeer peer, AtomicInteger requests, String answer) throws IOException {
        while (true) {
            assertEquals(BODY, peer.readMessage().text());
            requests.incrementAndGet();
            peer.write(answer);
        }
    }

    private void askAndExpect(String body, int times) throws IOException {
        try (RawPeer client = connect()) {
            for (int i = 0; i < times; i++) {
                RawPeer.Message answer = client.write(post(BODY)).readMessage();
                assertTrue(answer.head().startsWith("HTTP/1.1 200 "), answer.head());
                assertEquals(body, answer.text());
            }
        }
    }

    /** The first endpoint refuses connections. After some failures it is ejected and no longer tried. */
    @Test
    void shouldNotShowAnEndpointThatIsGone() throws Exception {
        launchBoth(3);
        upstream.close();

        askAndExpect(CREATED + COMPLETED, 40);
        assertEquals(40, secondRequests.get());
        assertTrue(endpoints().contains("\"state\":\"ejected\""), endpoints());
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503, 529})
    void shouldTryAnotherWhereOneDoesNotTakeTheRequest(int status) throws Exception {
        launchBoth(3);
        upstream.always(peer -> serve(peer, firstRequests, "HTTP/1.1 " + status
                + " X\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"));

        askAndExpect(CREATED + COMPLETED, 4);
        assertEquals(4, secondRequests.get());
        assertEquals(status == 429 ? 1 : 2, firstRequests.get()); // a rate limit is for more than one request
    }

    /** An endpoint gets no requests before the end of its Retry-After. */
    @Test
    void shouldLeaveAloneWhoeverAsksForIt() throws Exception {
        launchBoth(3);
        upstream.always(peer -> serve(peer, firstRequests, "HTTP/1.1 429 X\r\nRetry-After: 30\r\n"
                + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"));

        askAndExpect(CREATED + COMPLETED, 10);
        assertEquals(1, firstRequests.get());
        assertTrue(endpoints().contains("\"state\":\"cooling\""), endpoints());
        time.advance(Duration.ofSeconds(31));
        askAndExpect(CREATED + COMPLETED, 2);
        assertEquals(2, firstRequests.get());
    }

    /** If there is no other endpoint, the relay waits for one that is ready soon. */
    @Test
    void shouldWaitForTheOnlyEndpointWhereItIsReadySoon() throws Exception {
        launch();
        upstream.then(peer -> {
            assertEquals(BODY, peer.readMessage().text());
            peer.write("HTTP/1.1 429 X\r\nRetry-After-Ms: 50\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 2\r\n\r\n{}");
            assertEquals(BODY, peer.readMessage().text());
            peer.write(ANSWER);
            peer.awaitClose();
        });
        askAndExpect(CREATED + COMPLETED, 1);
        assertEquals(1, upstream.connections());
    }

    @Test
    void shouldForgetARetryWhoseDownstreamHasLeft() throws Exception {
        time.stopTicking();
        launch();
        CountDownLatch refused = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            firstRequests.incrementAndGet();
            peer.write("HTTP/1.1 503 X\r\nRetry-After-Ms: 400\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 2\r\n\r\n{}");
            refused.countDown();
            peer.readMessage();
            firstRequests.incrementAndGet();
        });
        try (RawPeer client = connect()) {
            client.write(post(BODY));
            assertTrue(refused.await(20, TimeUnit.SECONDS));
            time.settle();
        }
        awaitInFlight(0);
        time.advance(Duration.ofMillis(700));
        time.settle();
        assertEquals(1, firstRequests.get());
    }

    /** A key that comes from a file follows the file's current content. */
    @Test
    void shouldFollowTheFileOfAnEndpointsKey(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("key"), "sk-old\n");
        upstream.always(peer -> {
            while (true) {
                String head = peer.readMessage().head();
                peer.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n"
                        + (head.contains("Bearer sk-old\r\n") ? "sk-old" : head.contains("Bearer sk-new\r\n") ? "sk-new"
                                : "others"));
            }
        });
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null).withApiKeyFile(file)))
                .route(RouteConfig.of("gpt-*", "up")).build());
        askAndExpect("sk-old", 2);
        Files.writeString(file, "not a key\u0001");
        relay.refreshFiles();
        askAndExpect("sk-old", 1);
        Files.writeString(file, "sk-new");
        relay.refreshFiles();
        askAndExpect("sk-new", 1);
    }

    /** The last refusal is relayed unchanged. */
    @Test
    void shouldRelayTheLastRefusal() throws Exception {
        launchBoth(5);
        String refusal = "HTTP/1.1 503 X\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{\"no\":\"1\"}";
        upstream.always(peer -> serve(peer, firstRequests, refusal));
        second.always(peer -> serve(peer, secondRequests, refusal));

        try (RawPeer client = connect()) {
            RawPeer.Message answer = client.write(post(BODY)).readMessage();
            assertTrue(answer.head().startsWith("HTTP/1.1 503 "), answer.head());
            assertEquals("{\"no\":\"1\"}", answer.text());
        }
        assertEquals(2, firstRequests.get() + secondRequests.get());
    }

    /** A request that may have been processed is not sent to another endpoint. */
    @Test
    void shouldNotSendElsewhereWhatMayHaveBeenProcessed() throws Exception {
        launchBoth(5);
        upstream.always(peer -> {
            peer.readMessage();
            firstRequests.incrementAndGet();
            peer.close();
        });

        try (RawPeer client = connect()) {
            assertTrue(client.write(post(BODY)).readMessage().head().startsWith("HTTP/1.1 502 "));
        }
        assertEquals(1, firstRequests.get());
        assertEquals(0, secondRequests.get());
    }

    /** A recovered endpoint gets requests again after its ejection time, at first a single probe. */
    @Test
    void shouldReturnToAnEndpointThatIsBack() throws Exception {
        launchBoth(2);
        AtomicInteger failing = new AtomicInteger(2);
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                firstRequests.incrementAndGet();
                peer.write(failing.getAndDecrement() > 0
                        ? "HTTP/1.1 503 X\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" : ANSWER);
            }
        });

        askAndExpect(CREATED + COMPLETED, 20);
        assertEquals(2, firstRequests.get());
        time.advance(Duration.ofSeconds(6));
        askAndExpect(CREATED + COMPLETED, 20);
        assertEquals(2 + 10, firstRequests.get());
        assertTrue(!endpoints().contains("ejected"), endpoints());
    }

    private String endpoints() throws IOException {
        try (RawPeer admin = RawPeer.connect(relay.adminPort())) {
            return admin.write("GET /endpoints HTTP/1.1\r\nHost: localhost\r\n\r\n").readMessage().text();
        }
    }

    /** A request that may have been processed is sent again only if the route allows it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldRepeatWhatMayHaveBeenProcessedWhereItMay(boolean isIdempotent) throws Exception {
        launchBoth(100, RetryConfig.DEFAULT.withIdempotent(isIdempotent));
        AtomicInteger way = new AtomicInteger();
        upstream.always(peer -> {
            peer.readMessage();
            switch (way.getAndIncrement() % 3) {
                case 0 -> peer.reset();
                case 1 -> peer.write("HTTP/1.1 200 OK\r\nContent-Ty").close();
                default -> {
                    peer.write(eventStreamHead());
                    time.settle(); // the relay has read the head; a reset may overtake it
                    peer.reset();
                }
            }
        });

        for (int i = 0; i < 6; i++) {
            try (RawPeer client = connect()) {
                RawPeer.Message answer = client.write(post(BODY)).readMessage();
                boolean isSecond = i % 2 == 1;
                assertTrue(answer.head().startsWith(isIdempotent || isSecond ? "HTTP/1.1 200 " : "HTTP/1.1 502 "),
                        i + answer.head());
            }
        }
        assertEquals(isIdempotent ? 6 : 3, secondRequests.get());
    }

    @Test
    void shouldTryAnotherAfterTheAnswersOfTheRoute() throws Exception {
        launchBoth(100, RetryConfig.DEFAULT.withStatuses(500, 504));
        AtomicInteger status = new AtomicInteger(499);
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                peer.write("HTTP/1.1 " + status.incrementAndGet() + " X\r\nContent-Length: 0\r\n\r\n");
            }
        });

        for (int expected : new int[] {200, 200, 501, 200, 502, 200, 503}) {
            try (RawPeer client = connect()) {
                int found = Integer.parseInt(client.write(post(BODY)).readMessage().head().substring(9, 12));
                assertEquals(expected == 503 ? 200 : expected, found); // 503 is always retried
            }
        }
    }

    @Test
    void shouldAskAnotherWhereNoAnswerComesInTime() throws Exception {
        launchBoth(100, RetryConfig.DEFAULT.withIdempotent(true));
        CountDownLatch arrived = new CountDownLatch(1);
        upstream.always(peer -> {
            peer.readMessage();
            arrived.countDown();
            assertTrue(peer.awaitClose());
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY));
            assertTrue(arrived.await(20, TimeUnit.SECONDS));
            time.advance(Duration.ofSeconds(31));
            assertEquals(CREATED + COMPLETED, client.readMessage().text());
        }
        assertEquals(1, secondRequests.get());
    }

    /** An endpoint whose rate limit is exhausted gets no requests before the limit is reset. */
    @Test
    void shouldLeaveAloneWhoseLimitIsUsedUp() throws Exception {
        launchBoth(100);
        upstream.always(peer -> serve(peer, firstRequests, ANSWER.replace("\r\n\r\n" + chunk(CREATED + COMPLETED),
                "\r\nx-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 1m30s\r\n\r\n"
                + chunk(CREATED + COMPLETED))));

        askAndExpect(CREATED + COMPLETED, 10);
        assertEquals(1, firstRequests.get());
        assertTrue(endpoints().contains("\"state\":\"cooling\""), endpoints());
        time.advance(Duration.ofSeconds(91));
        askAndExpect(CREATED + COMPLETED, 2);
        assertEquals(2, firstRequests.get());
    }

    /** Health checks detect failing and recovered endpoints even without requests. */
    @Test
    void shouldAskEndpointsWhetherTheyAreWell() throws Exception {
        AtomicInteger status = new AtomicInteger(404);
        AtomicInteger asked = new AtomicInteger();
        upstream.always(peer -> {
            while (true) {
                String head = peer.readMessage().head();
                assertTrue(head.startsWith("GET /v1/models HTTP/1.1\r\n") && head.contains("Bearer sk-x"), head);
                asked.incrementAndGet();
                peer.write("HTTP/1.1 " + status.get() + " X\r\nContent-Length: 2\r\n\r\n{}");
            }
        });
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0).admin(new AdminConfig("127.0.0.1", 0))
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), "sk-x"))
                        .withBalance(Balance.ROUND_ROBIN, HealthConfig.DEFAULT.withCheck(new HealthConfig.CheckConfig(
                                "/models", Duration.ofMillis(250), Duration.ofSeconds(3)))))
                .route(RouteConfig.of("gpt-*", "up")).build(), extensions());

        awaitState("available", asked);
        status.set(503);
        awaitState("ejected", asked);
        status.set(200);
        awaitState("available", asked);
        upstream.close();
        awaitState("ejected", new AtomicInteger(10));
    }

    private void awaitState(String state, AtomicInteger asked) throws Exception {
        Await.until("the endpoint is " + state, () -> endpoints().contains("\"state\":\"" + state + '"')
                && asked.get() > 1);
    }

    @Test
    void shouldKeepConnectionsReady() throws Exception {
        upstream.always(peer -> serve(peer, firstRequests, ANSWER));
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null).withWarmConnections(3)))
                .route(RouteConfig.of("gpt-*", "up"))
                .transport(new TransportConfig(transport, 2, false)).build(), extensions());

        awaitIdle(6);
        askAndExpect(CREATED + COMPLETED, 2);
        awaitIdle(6);
        assertEquals(6, upstream.connections());
        time.advance(Duration.ofSeconds(15)); // idle connections expire and are replaced
        Await.until("there are new connections", () -> upstream.connections() >= 12);
        awaitIdle(6);
        assertEquals(12, upstream.connections());
    }

    private void awaitIdle(int count) throws Exception {
        Await.until(count + " idle connections", () -> relay.core().idleUpstreamConnections() == count);
    }

    /** An endpoint that never completes its answers to health checks. A reload then removes the checks. */
    @Test
    void shouldNotCollectConnectionsOfChecks() throws Exception {
        AtomicInteger open = new AtomicInteger();
        AtomicInteger asked = new AtomicInteger();
        upstream.always(peer -> {
            peer.readHead();
            open.incrementAndGet();
            if (asked.incrementAndGet() % 2 == 0) {
                peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{");
            }
            peer.awaitClose();
            open.decrementAndGet();
        });
        relay = Relay.launch(checked(Duration.ofMillis(300)), extensions());
        Await.until("there were 8 checks", () -> {
            assertTrue(open.get() <= 2, "open: " + open.get());
            return asked.get() >= 8;
        });
        relay.reload(checked(null));
        Await.until("no connection is open", () -> open.get() == 0);
    }

    private RelayConfig checked(Duration interval) {
        HealthConfig.CheckConfig check = interval == null ? null
                : new HealthConfig.CheckConfig("/models", interval, Duration.ofMillis(300));
        return RelayConfig.builder().listen("127.0.0.1", 0).cluster(ClusterConfig.of("up",
                EndpointConfig.of(upstream.url(), null)).withBalance(Balance.ROUND_ROBIN,
                HealthConfig.DEFAULT.withCheck(check))).route(RouteConfig.of("gpt-*", "up")).build();
    }

    /** An endpoint's own headers are sent with each request and replace the downstream's. */
    @Test
    void shouldSendTheHeadersOfAnEndpoint() throws Exception {
        BlockingQueue<String> heads = new LinkedBlockingQueue<>();
        upstream.always(peer -> {
            while (true) {
                heads.add(peer.readMessage().head());
                peer.write(ANSWER);
            }
        });
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null)
                        .withHeaders(Map.of("api-key", "secret", "OpenAI-Organization", "org-1"))))
                .route(RouteConfig.of("gpt-*", "up")).build(), extensions());

        try (RawPeer client = connect()) {
            client.write(post("openai-organization: mine\r\nX-Other: kept\r\nContent-Length: " + BODY.length() + "\r\n",
                    BODY)).readMessage();
        }
        String head = heads.poll(20, TimeUnit.SECONDS).toLowerCase(Locale.ROOT);
        assertTrue(head.contains("\r\napi-key: secret\r\n") && head.contains("\r\nx-other: kept\r\n"), head);
        assertTrue(head.contains("\r\nopenai-organization: org-1\r\n") && !head.contains("mine"), head);
        assertFalse(EndpointConfig.of(upstream.url(), null).withHeaders(Map.of("api-key", "secret")).toString()
                .contains("secret"));
        for (String name : new String[] {"Host", "content-length", "a b", "Transfer-Encoding"}) {
            assertThrows(IllegalArgumentException.class, () -> EndpointConfig.of(upstream.url(), null)
                    .withHeaders(Map.of(name, "x")));
        }
    }
}
