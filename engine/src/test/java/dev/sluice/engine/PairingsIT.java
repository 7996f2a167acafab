// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Pairing.Client;
import dev.sluice.engine.Pairing.Rest;
import dev.sluice.engine.Pairing.Server;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.RouteConfig.DownstreamLeave;
import dev.sluice.engine.config.RouteConfig.UpstreamLoss;
import dev.sluice.engine.config.TransportConfig;
import dev.sluice.engine.spi.UsageRecord;
import dev.sluice.protocol.Cuts;
import dev.sluice.protocol.event.Usage;
import io.netty.buffer.PooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** P1 to P7 in each pairing of HTTP/1.1 and HTTP/2, in plain text and over TLS. */
class PairingsIT extends RelayFixture {
    private static final String HALF_EVENT = DELTA.substring(0, 50);

    private static TestCertificates certificates;
    private SSLContext clientTls;

    @BeforeAll
    static void makeCertificates() {
        certificates = new TestCertificates();
    }

    static List<Pairing> pairings() {
        List<Pairing> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(new Pairing((i & 1) != 0, (i & 2) != 0, (i & 4) != 0));
        }
        return all;
    }

    private void launch(Pairing pairing) throws Exception {
        launch(pairing, route -> route);
    }

    private void launch(Pairing pairing, UnaryOperator<RouteConfig> route) throws Exception {
        if (pairing.isTls()) {
            upstream.close();
            upstream = new ScriptedUpstream(certificates.context(certificates.of("localhost")));
            clientTls = certificates.context(null);
        }
        HttpVersions plain = pairing.isUpstream2() ? HttpVersions.HTTP_2 : HttpVersions.HTTP_1;
        EndpointConfig endpoint = EndpointConfig.of(upstream.url(), "sk-upstream")
                .withVersions(pairing.isTls() ? HttpVersions.AUTO : plain);
        relay = Relay.launch(RelayConfig.builder()
                .listener(new ListenerConfig("127.0.0.1", 0, pairing.isTls() ? certificates.config("localhost", null)
                        : null))
                .cluster(ClusterConfig.of("up", endpoint).toBuilder()
                        .caFile(pairing.isTls() ? certificates.caFile() : null).build())
                .route(route.apply(RouteConfig.of("gpt-*", "up")))
                .transport(new TransportConfig(transport, 1, false)).build(), extensions());
    }

    private Client connect(Pairing pairing) throws Exception {
        return pairing.connect(relay.port(), clientTls);
    }

    /** The upstream's behavior on one connection. */
    private interface Script {
        void run(Server server) throws Exception;
    }

    private void then(Pairing pairing, Script script) {
        upstream.then(peer -> script.run(pairing.accept(peer)));
    }

    @ParameterizedTest
    @MethodSource("pairings")
    void shouldRelayAnEventStreamAndKnowItsUsage(Pairing pairing) throws Exception {
        launch(pairing);
        then(pairing, server -> {
            assertEquals(BODY, server.request());
            server.head().send(CREATED).send(DELTA + COMPLETED).end().awaitClose();
        });

        try (Client client = connect(pairing)) {
            assertEquals(200, client.post(BODY).status());
            assertEquals("no", client.header("x-accel-buffering"));
            Rest rest = client.readRest();

            assertEquals(CREATED + DELTA + COMPLETED, rest.text());
            assertTrue(rest.isClean());
        }
        UsageRecord record = takeUsage();
        assertEquals(new Usage(3, 0, 5, 0, 8, false), record.usage());
        assertTrue(record.isComplete());
    }

    /** P1: half an event is passed on while the upstream still holds the other half of its chunk or frame. */
    @ParameterizedTest
    @MethodSource("pairings")
    void shouldNotWaitForTheRestOfAnEvent(Pairing pairing) throws Exception {
        launch(pairing);
        CountDownLatch halfWasRead = new CountDownLatch(1);
        String first = CREATED.substring(0, 40);
        then(pairing, server -> {
            server.request();
            server.head().sendPart(first, CREATED.length());
            assertTrue(halfWasRead.await(20, TimeUnit.SECONDS));
            server.sendMore(CREATED.substring(40), true).send(COMPLETED).end().awaitClose();
        });

        try (Client client = connect(pairing)) {
            assertEquals(200, client.post(BODY).status());
            client.readUntil(first);
            halfWasRead.countDown();
            assertEquals(CREATED.substring(40) + COMPLETED, client.readRest().text());
        }
    }

    /** P2: every byte arrives, regardless of the framing and of how the bytes are cut. */
    @ParameterizedTest
    @MethodSource("pairings")
    void shouldRelayEveryByteHoweverTheStreamIsCut(Pairing pairing) throws Exception {
        launch(pairing);
        int rounds = 20;
        List<byte[]> streams = new ArrayList<>();
        for (int seed = 0; seed < rounds; seed++) {
            streams.add((CREATED + randomText(new SplittableRandom(seed)) + "\n\n" + COMPLETED).getBytes("ISO-8859-1"));
        }
        then(pairing, server -> {
            for (int seed = 0; seed < rounds; seed++) {
                SplittableRandom random = new SplittableRandom(seed);
                server.request();
                server.head();
                for (byte[] piece : Cuts.random(streams.get(seed), 1 + random.nextInt(9000), random)) {
                    String text = new String(piece, "ISO-8859-1");
                    if (piece.length < 2 || random.nextBoolean()) {
                        server.send(text);
                    } else {
                        int cut = 1 + random.nextInt(piece.length - 1);
                        server.sendPart(text.substring(0, cut), piece.length).sendMore(text.substring(cut), true);
                    }
                }
                server.end();
            }
            server.awaitClose();
        });

        try (Client client = connect(pairing)) {
            for (int seed = 0; seed < rounds; seed++) {
                assertEquals(200, client.post(BODY).status());
                Rest rest = client.readRest();
                assertArrayEquals(streams.get(seed), rest.bytes(), "seed " + seed);
                assertTrue(rest.isClean());
            }
        }
        assertEquals(1, upstream.connections());
    }

    /** P2 for the request: a body of many reads arrives complete, with its model replaced. */
    @ParameterizedTest
    @MethodSource("pairings")
    void shouldForwardALargeBody(Pairing pairing) throws Exception {
        launch(pairing, route -> RouteConfig.of("gpt-*", "up").withUpstreamModel("other"));
        String input = "x".repeat(3 * 1024 * 1024);
        then(pairing, server -> {
            assertEquals("{\"model\":\"other\",\"input\":\"" + input + "\"}", server.request());
            server.head().send(CREATED + COMPLETED).end().awaitClose();
        });

        try (Client client = connect(pairing)) {
            assertEquals(200, client.post("{\"model\":\"gpt-5.2\",\"input\":\"" + input + "\"}").status());
            assertEquals(CREATED + COMPLETED, client.readRest().text());
        }
    }

    static Stream<Arguments> losses() {
        return pairings().stream().flatMap(pairing -> Stream.of("head", "event", "half", "cut").flatMap(moment ->
                Stream.of(false, true).map(isReset -> Arguments.of(pairing, moment, isReset))));
    }

    /** P3: the upstream is lost at several moments of its stream, by a close and by a reset. */
    @ParameterizedTest
    @MethodSource("losses")
    void shouldAbortWhenTheUpstreamIsLost(Pairing pairing, String moment, boolean isReset) throws Exception {
        launch(pairing);
        CountDownLatch wasRead = new CountDownLatch(1);
        then(pairing, server -> {
            server.request();
            server.head().send(CREATED);
            switch (moment) {
                case "event" -> server.send(DELTA);
                case "half" -> server.send(HALF_EVENT);
                case "cut" -> server.sendPart("event: ", 64);
                default -> { }
            }
            assertTrue(wasRead.await(20, TimeUnit.SECONDS));
            if (moment.equals("cut") && pairing.isUpstream2()) {
                server.raw().close(); // a reset cannot be sent inside a frame
            } else {
                server.lose(isReset);
            }
        });

        try (Client client = connect(pairing)) {
            assertEquals(200, client.post(BODY).status());
            assertEquals(CREATED, client.readUntil(CREATED));
            wasRead.countDown();
            Rest rest = client.readRest();

            assertFalse(rest.isClean(), rest.text());
            assertFalse(rest.text().contains("response.failed"), rest.text());
        }
        UsageRecord record = takeUsage();
        assertFalse(record.isComplete());
        assertNull(record.usage());
    }

    /** P3: a body that ends before its terminal event is not a clean end, even if its framing is clean. */
    @ParameterizedTest
    @MethodSource("pairings")
    void shouldAbortWhenTheStreamEndsBeforeItsTerminalEvent(Pairing pairing) throws Exception {
        launch(pairing);
        then(pairing, server -> {
            server.request();
            server.head().send(CREATED).send(DELTA).end().awaitClose();
        });

        try (Client client = connect(pairing)) {
            assertEquals(200, client.post(BODY).status());
            Rest rest = client.readRest();

            assertEquals(CREATED + DELTA, rest.text());
            assertFalse(rest.isClean());
        }
    }

    @ParameterizedTest
    @MethodSource("pairings")
    void shouldAddAFailedEventWhereTheRouteAsksForIt(Pairing pairing) throws Exception {
        launch(pairing, route -> route.withUpstreamLoss(UpstreamLoss.FAILED_EVENT));
        then(pairing, server -> {
            server.request();
            server.head().send(CREATED).send(DELTA).lose(false);
        });

        try (Client client = connect(pairing)) {
            assertEquals(200, client.post(BODY).status());
            Rest rest = client.readRest();

            assertTrue(rest.text().startsWith(CREATED + DELTA + "event: response.failed\ndata: {\"type\":"
                    + "\"response.failed\",\"sequence_number\":2,\"response\":{\"id\":\"resp_1\","), rest.text());
            assertTrue(rest.isClean());
        }
    }

    @ParameterizedTest
    @MethodSource("pairings")
    void shouldAnswer502WhenTheUpstreamIsLostBeforeItAnswers(Pairing pairing) throws Exception {
        launch(pairing);
        AtomicInteger requests = new AtomicInteger();
        then(pairing, server -> {
            server.request();
            requests.incrementAndGet();
            server.lose(true);
        });

        try (Client client = connect(pairing)) {
            assertEquals(502, client.post(BODY).status());
            assertTrue(client.readRest().text().contains("\"upstream_error\""));
        }
        assertEquals(1, requests.get()); // not sent again, because it may have been processed
    }

    /** P4: a downstream that leaves cancels the upstream at once. */
    @ParameterizedTest
    @MethodSource("pairings")
    void shouldCancelTheUpstreamWhenTheDownstreamLeaves(Pairing pairing) throws Exception {
        launch(pairing);
        CountDownLatch sawCancel = new CountDownLatch(1);
        then(pairing, server -> {
            server.request();
            server.head().send(CREATED);
            assertTrue(server.awaitCancel());
            sawCancel.countDown();
            server.awaitClose();
        });

        try (Client client = connect(pairing)) {
            assertEquals(200, client.post(BODY).status());
            client.readUntil(CREATED);
            client.leave();
            assertTrue(sawCancel.await(20, TimeUnit.SECONDS));
        }
        assertFalse(takeUsage().isComplete());
    }

    @ParameterizedTest
    @MethodSource("pairings")
    void shouldCancelTheUpstreamWhenTheDownstreamLeavesBeforeTheHead(Pairing pairing) throws Exception {
        launch(pairing);
        CountDownLatch requestArrived = new CountDownLatch(1);
        CountDownLatch sawCancel = new CountDownLatch(1);
        then(pairing, server -> {
            server.request();
            requestArrived.countDown();
            assertTrue(server.awaitCancel());
            sawCancel.countDown();
        });

        try (Client client = connect(pairing)) {
            client.post(BODY);
            assertTrue(requestArrived.await(20, TimeUnit.SECONDS));
            client.leave();
            assertTrue(sawCancel.await(20, TimeUnit.SECONDS));
        }
    }

    /** P4: if the route asks for it, the upstream is drained instead, so that its usage is known. */
    @ParameterizedTest
    @MethodSource("pairings")
    void shouldDrainForTheUsageWhereTheRouteAsksForIt(Pairing pairing) throws Exception {
        launch(pairing, route -> route.withDownstreamLeave(DownstreamLeave.DRAIN));
        CountDownLatch left = new CountDownLatch(1);
        then(pairing, server -> {
            server.request();
            server.head().send(CREATED);
            assertTrue(left.await(20, TimeUnit.SECONDS));
            for (int i = 0; i < 50; i++) {
                server.send(DELTA);
            }
            server.send(COMPLETED).end().awaitClose();
        });

        try (Client client = connect(pairing)) {
            assertEquals(200, client.post(BODY).status());
            client.readUntil(CREATED);
            client.leave();
            left.countDown();

            UsageRecord record = takeUsage();
            assertEquals(8, record.usage().totalTokens());
            assertTrue(record.isComplete());
        }
    }

    /** P4: leaving after a terminal event is normal, and the upstream connection returns to the pool. */
    @ParameterizedTest
    @MethodSource("pairings")
    void shouldReuseTheUpstreamWhenTheDownstreamLeavesAfterATerminalEvent(Pairing pairing) throws Exception {
        launch(pairing);
        CountDownLatch left = new CountDownLatch(1);
        then(pairing, server -> {
            server.request();
            server.head().send(CREATED).send(COMPLETED);
            assertTrue(left.await(20, TimeUnit.SECONDS));
            server.end();
            server.request();
            server.head().send(CREATED + COMPLETED).end().awaitClose();
        });

        try (Client client = connect(pairing)) {
            assertEquals(200, client.post(BODY).status());
            client.readUntil(COMPLETED);
            client.leave();
            assertTrue(takeUsage().isComplete());
            left.countDown();
        }
        Await.until("the connection is idle", () -> relay.core().idleUpstreamConnections() == 1);
        try (Client second = connect(pairing)) {
            assertEquals(200, second.post(BODY).status());
            assertEquals(CREATED + COMPLETED, second.readRest().text());
        }
        assertEquals(1, upstream.connections());
    }

    /** P5: a downstream that does not read stops the upstream. Once it reads again, it receives every byte. */
    @ParameterizedTest
    @MethodSource("pairings")
    void shouldStopReadingTheUpstreamWhenTheDownstreamDoesNotRead(Pairing pairing) throws Exception {
        launch(pairing);
        String block = DELTA.repeat(64);
        int blocks = 3000;
        AtomicLong offered = new AtomicLong();
        then(pairing, server -> {
            server.request();
            server.raw().socket().setSendBufferSize(64 * 1024);
            server.head().send(CREATED);
            for (int i = 0; i < blocks; i++) {
                server.send(block);
                offered.addAndGet(block.length());
            }
            server.send(COMPLETED).end().awaitClose();
        });

        try (Client client = connect(pairing)) {
            client.raw().socket().setReceiveBufferSize(16 * 1024);
            assertEquals(200, client.post(BODY).status());
            client.readUntil(CREATED);
            Await.untilSteady(offered::get); // the sockets in between are full
            long directBytes = ((PooledByteBufAllocator) relay.allocator()).metric().usedDirectMemory();

            assertTrue(directBytes < 12L * 1024 * 1024, "direct memory: " + directBytes);
            assertTrue(offered.get() < (long) blocks * block.length() * 2 / 3, "offered: " + offered);
            client.raw().socket().setReceiveBufferSize(4 * 1024 * 1024); // with a small window this would take minutes
            Rest rest = client.readRest();
            assertTrue(rest.isClean());
            assertEquals((long) blocks * block.length() + COMPLETED.length(), rest.bytes().length);
            assertTrue(rest.text().endsWith(DELTA + COMPLETED));
        }
    }

    /** P6: long silence is normal, and each timer ends only what it guards. */
    @ParameterizedTest
    @MethodSource("pairings")
    void shouldWaitLongForAHeadAndThenAnswer504(Pairing pairing) throws Exception {
        launch(pairing);
        CountDownLatch requestArrived = new CountDownLatch(1);
        then(pairing, server -> {
            server.request();
            requestArrived.countDown();
            server.awaitClose(); // meanwhile answers PING, the only frame it receives
        });

        try (Client client = connect(pairing)) {
            client.post(BODY);
            assertTrue(requestArrived.await(20, TimeUnit.SECONDS));
            time.advance(Duration.ofMinutes(9));
            assertTrue(client.isSilent());
            time.advance(Duration.ofMinutes(2));

            assertEquals(504, client.status());
            assertTrue(client.readRest().text().contains("upstream_timeout"));
        }
    }

    @ParameterizedTest
    @MethodSource("pairings")
    void shouldEndASilentStreamAsLost(Pairing pairing) throws Exception {
        launch(pairing, route -> route.withUpstreamLoss(UpstreamLoss.FAILED_EVENT));
        then(pairing, server -> {
            server.request();
            server.head().send(CREATED);
            server.awaitClose(); // meanwhile answers PING, the only frame it receives
        });

        try (Client client = connect(pairing)) {
            assertEquals(200, client.post(BODY).status());
            client.readUntil(CREATED);
            time.advance(Duration.ofMinutes(9));
            assertTrue(client.isSilent());
            time.advance(Duration.ofMinutes(2));
            Rest rest = client.readRest();

            assertTrue(rest.text().contains("\"code\":\"stream_idle_timeout\""), rest.text());
            assertTrue(rest.isClean());
        }
    }

    /** P7: an upstream that closes its connection after each answer, at once or at the moment of reuse. */
    @ParameterizedTest
    @MethodSource("pairings")
    void shouldNotFailWhenTheUpstreamClosesOnReuse(Pairing pairing) throws Exception {
        launch(pairing);
        AtomicInteger answered = new AtomicInteger();
        upstream.always(peer -> {
            Server server = pairing.accept(peer);
            server.request();
            int count = answered.incrementAndGet(); // before the client can have the answer
            server.head().send(CREATED + COMPLETED).end();
            if (count % 2 == 0) {
                server.raw().close();
            } else {
                pairing.closeOnRequest(server);
            }
        });

        try (Client client = connect(pairing)) {
            for (int i = 0; i < 60; i++) {
                assertEquals(200, client.post(BODY).status(), "request " + i);
                assertEquals(CREATED + COMPLETED, client.readRest().text());
            }
        }
        assertEquals(60, answered.get());
    }

    @ParameterizedTest
    @MethodSource("pairings")
    void shouldRelayJsonAndErrorsAsTheyAre(Pairing pairing) throws Exception {
        launch(pairing);
        String json = "{\"id\":\"resp_2\",\"status\":\"completed\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}";
        String error = "{\"error\":{\"message\":\"slow down\",\"code\":\"x\"}}";
        then(pairing, server -> {
            server.request();
            server.answer(200, "application/json", json);
            server.request();
            server.answer(429, "application/json", error);
            server.awaitClose();
        });

        try (Client client = connect(pairing)) {
            assertEquals(200, client.post(BODY).status());
            assertEquals(Integer.toString(json.length()), client.header("content-length"));
            assertEquals(json, client.readRest().text());
            assertEquals(429, client.post(BODY).status());
            assertEquals(error, client.readRest().text());
        }
        assertEquals(3, takeUsage().usage().totalTokens());
    }

    @ParameterizedTest
    @MethodSource("pairings")
    void shouldRefuseInTheSameWords(Pairing pairing) throws Exception {
        launch(pairing);
        try (Client client = connect(pairing)) {
            assertEquals(400, client.post("{\"model\":\"gpt-5.2\",\"model\":\"gpt-5.2\"}").status());
            String body = client.readRest().text();
            assertTrue(body.contains("duplicate member name"), body);
        }
    }
}
