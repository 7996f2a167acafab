// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Http2Peer.Frame;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.Http2UpstreamConfig;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.config.TransportConfig;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The features that only HTTP/2 has: many streams on a connection, its limits and its end. */
class Http2ConnectionIT extends RelayFixture {
    private static final int REFUSED_STREAM = 7;
    private static final int CANCEL = 8;

    private void launchTo2(Http2UpstreamConfig http2) {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), "sk-upstream")
                        .withVersions(HttpVersions.HTTP_2)))
                .route(RouteConfig.of("gpt-*", "up")).http2(http2)
                .transport(new TransportConfig(transport, 1, false)).build(), extensions());
    }

    private Http2Peer open() throws IOException {
        return new Http2Peer(connect()).open();
    }

    /** Reads the next request to its end and returns its stream. The script decides how to answer. */
    private static int nextRequest(Http2Peer server) throws IOException {
        Frame frame = server.next();
        while (!frame.isEnd()) {
            frame = server.next();
        }
        return frame.stream();
    }

    private static void answer(Http2Peer server, int stream, String body) throws IOException {
        server.headers(stream, false, ":status", "200", "content-type", "text/event-stream");
        server.data(stream, body, true);
    }

    private static void serve(RawPeer peer) throws IOException {
        Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
        while (true) {
            answer(server, nextRequest(server), CREATED + COMPLETED);
        }
    }

    private static String readBody(Http2Peer client, int stream) throws IOException {
        StringBuilder text = new StringBuilder();
        while (true) {
            Frame frame = client.next();
            if (frame.stream() == stream && frame.type() == Http2Peer.DATA) {
                text.append(frame.text());
            }
            if (frame.stream() == stream && (frame.isEnd() || frame.type() == Http2Peer.RST_STREAM)) {
                return frame.isEnd() ? text.toString() : text + " reset " + frame.error();
            }
        }
    }

    /** One stream of 100 never grants window. Its neighbors receive everything, and memory stays bounded. */
    @Test
    void shouldNotLetASlowStreamStallItsNeighbours() throws Exception {
        int window = 256 * 1024; // per stream and, as the least allowed, for the connection
        launchTo2(new Http2UpstreamConfig(200, 1, 100, Duration.ofSeconds(20), window, window, 32 * 1024,
                Duration.ofSeconds(30), Duration.ofSeconds(10)));
        int streams = 100;
        String block = DELTA.repeat(60);
        int blocks = 100; // about 800 KB per stream: more than any window
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept(3, 200).openConnectionWindow();
            Map<Integer, Integer> left = new HashMap<>();
            int step = block.length() + COMPLETED.length(); // at most
            for (int i = 0; i < streams; i++) {
                int stream = nextRequest(server);
                server.headers(stream, false, ":status", "200", "content-type", "text/event-stream");
                server.data(stream, CREATED, false);
                left.put(stream, blocks);
            }
            Set<Integer> done = new HashSet<>();
            while (done.size() < streams - 1) { // in turn, to every stream that has window
                for (int stream : left.keySet()) {
                    if (!done.contains(stream) && server.hasWindow(stream, step)) {
                        server.data(stream, block, false);
                        if (left.merge(stream, -1, Integer::sum) == 0) {
                            server.data(stream, COMPLETED, true);
                            done.add(stream);
                        }
                    }
                }
                if (done.size() < streams - 1 && left.keySet().stream().noneMatch(stream -> !done.contains(stream)
                        && server.hasWindow(stream, step))) {
                    server.takeUpdate();
                }
            }
            peer.awaitClose();
        });

        try (Http2Peer client = new Http2Peer(connect()).open(65_535).openConnectionWindow()) {
            int slow = client.post(BODY);
            for (int i = 1; i < streams; i++) {
                client.post(BODY);
            }
            Map<Integer, Integer> received = new HashMap<>();
            Set<Integer> ended = new HashSet<>();
            while (ended.size() < streams - 1) {
                Frame frame = client.next();
                assertNotEquals(Http2Peer.RST_STREAM, frame.type());
                if (frame.type() == Http2Peer.DATA) {
                    received.merge(frame.stream(), frame.payload().length, Integer::sum);
                    if (frame.isEnd()) {
                        ended.add(frame.stream());
                    } else if (frame.stream() != slow) {
                        client.windowUpdate(frame.stream(), Math.max(1, frame.payload().length));
                    }
                }
            }
            assertFalse(ended.contains(slow));
            assertEquals(65_535, received.get(slow));
            int whole = CREATED.length() + blocks * block.length() + COMPLETED.length();
            received.forEach((stream, bytes) -> assertEquals(stream == slow ? 65_535 : whole, bytes));
            long directBytes = ((PooledByteBufAllocator) relay.allocator()).metric().usedDirectMemory();
            assertTrue(directBytes < 12L * 1024 * 1024, "direct memory: " + directBytes);
        }
    }

    /** The upstream's stream limit is respected. Further requests wait, and another connection is opened for them. */
    @Test
    void shouldKeepToTheUpstreamsLimitOfStreams() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT.withCapacity(100, 2, 100));
        AtomicInteger most = new AtomicInteger();
        CountDownLatch isFull = new CountDownLatch(2);
        upstream.always(peer -> {
            Http2Peer server = new Http2Peer(peer).accept(3, 3).openConnectionWindow();
            int[] open = {nextRequest(server), nextRequest(server), nextRequest(server)};
            isFull.countDown();
            assertTrue(isFull.await(20, TimeUnit.SECONDS));
            int running = open.length;
            for (int stream : open) {
                most.accumulateAndGet(running, Math::max);
                answer(server, stream, CREATED + COMPLETED);
                running--;
            }
            while (true) {
                answer(server, nextRequest(server), CREATED + COMPLETED);
            }
        });

        try (Http2Peer client = open()) {
            Set<Integer> streams = new HashSet<>();
            for (int i = 0; i < 20; i++) {
                streams.add(client.post(BODY));
            }
            while (!streams.isEmpty()) {
                Frame frame = client.next();
                assertNotEquals(Http2Peer.RST_STREAM, frame.type());
                if (frame.isEnd()) {
                    streams.remove(frame.stream());
                }
            }
        }
        assertEquals(2, upstream.connections());
        assertEquals(3, most.get());
    }

    @Test
    void shouldRefuseWhatWaitsTooLongOrTooMany() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT.withCapacity(1, 1, 2));
        CountDownLatch isFirstThere = new CountDownLatch(1);
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
            nextRequest(server);
            isFirstThere.countDown();
            peer.awaitClose();
        });

        try (Http2Peer client = open()) {
            client.post(BODY);
            assertTrue(isFirstThere.await(20, TimeUnit.SECONDS));
            int second = client.post(BODY);
            int third = client.post(BODY);
            int fourth = client.post(BODY);
            Frame refused = client.await(Http2Peer.HEADERS);
            assertEquals(fourth, refused.stream());
            assertEquals("429", refused.headers().status().toString());
            time.advance(Duration.ofSeconds(6));

            Frame late = client.await(Http2Peer.HEADERS);
            assertEquals(second, late.stream());
            assertEquals("429", late.headers().status().toString());
            assertEquals(third, client.await(Http2Peer.HEADERS).stream());
        }
    }

    /** RFC 9113 section 6.8: streams above the last stream were not processed and are sent again; the others finish. */
    @Test
    void shouldSendWhatIsAboveGoAwaysLastStreamAgain() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        CountDownLatch isSecondDone = new CountDownLatch(1);
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
            int first = nextRequest(server);
            server.headers(first, false, ":status", "200", "content-type", "text/event-stream");
            server.data(first, CREATED, false);
            nextRequest(server);
            server.goAway(first, 0);
            assertTrue(isSecondDone.await(20, TimeUnit.SECONDS));
            server.data(first, COMPLETED, true);
            peer.awaitClose();
        }).then(Http2ConnectionIT::serve);

        try (Http2Peer client = open()) {
            int first = client.post(BODY);
            client.await(Http2Peer.DATA);
            int second = client.post(BODY);
            assertEquals(CREATED + COMPLETED, readBody(client, second));
            isSecondDone.countDown();
            assertEquals(COMPLETED, readBody(client, first));
        }
        assertEquals(2, upstream.connections());
    }

    @Test
    void shouldSendARefusedStreamAgain() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
            server.reset(nextRequest(server), REFUSED_STREAM);
            answer(server, nextRequest(server), CREATED + COMPLETED);
            peer.awaitClose();
        });

        try (Http2Peer client = open()) {
            assertEquals(CREATED + COMPLETED, readBody(client, client.post(BODY)));
        }
    }

    /** A connection that does not answer PING is closed, and gets no requests while the answer is missing. */
    @Test
    void shouldGiveUpAConnectionThatDoesNotAnswerPing() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        CompletableFuture<Integer> pinged = new CompletableFuture<>();
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
            int stream = nextRequest(server);
            server.headers(stream, false, ":status", "200", "content-type", "text/event-stream");
            server.data(stream, CREATED, false);
            pinged.complete(server.await(Http2Peer.PING).type());
            peer.awaitClose();
        }).then(Http2ConnectionIT::serve);

        try (Http2Peer client = open()) {
            int first = client.post(BODY);
            client.await(Http2Peer.DATA);
            time.advance(Duration.ofSeconds(31));
            pinged.get(20, TimeUnit.SECONDS);
            int second = client.post(BODY);
            assertEquals(CREATED + COMPLETED, readBody(client, second));
            time.advance(Duration.ofSeconds(11));
            assertEquals(" reset 2", readBody(client, first));
        }
        assertEquals(2, upstream.connections());
    }

    /** An upstream that is configured as HTTP/2 but sends no SETTINGS gets no request. */
    @Test
    void shouldNotSendARequestToWhoeverIsNotHttp2() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        upstream.always(peer -> {
            peer.readHead();
            peer.write("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n");
            assertFalse(peer.readAll().contains("gpt-5.2"));
        });
        try (Http2Peer client = open()) {
            client.post(BODY);
            assertEquals("502", client.await(Http2Peer.HEADERS).headers().status().toString());
        }
    }

    /** P11: GOAWAY announces the drain, the streams in flight finish, and then the connection closes. */
    @Test
    void shouldDrainWithGoAway() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        CountDownLatch isDraining = new CountDownLatch(1);
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
            int stream = nextRequest(server);
            server.headers(stream, false, ":status", "200", "content-type", "text/event-stream");
            server.data(stream, CREATED, false);
            assertTrue(isDraining.await(20, TimeUnit.SECONDS));
            answer(server, nextRequest(server), CREATED + COMPLETED);
            server.data(stream, COMPLETED, true);
            peer.awaitClose();
        });

        try (Http2Peer client = open()) {
            int stream = client.post(BODY);
            client.await(Http2Peer.DATA);
            CompletableFuture<Void> drained = relay.drain();
            assertEquals(Integer.MAX_VALUE, client.await(Http2Peer.GOAWAY).lastStream());
            int late = client.post(BODY); // was already on its way
            isDraining.countDown();
            assertEquals(CREATED + COMPLETED, readBody(client, late));
            assertEquals(COMPLETED, readBody(client, stream));
            time.advance(Duration.ofSeconds(2));
            assertEquals(late, client.await(Http2Peer.GOAWAY).lastStream());
            assertEquals("", client.raw().readAll());
            drained.get(20, TimeUnit.SECONDS);
        }
    }

    /** A request that offers the upgrade of RFC 7540 is served as HTTP/1.1, which JetBrains' clients accept. */
    @Test
    void shouldIgnoreAnOfferToUpgrade() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        upstream.then(Http2ConnectionIT::serve);
        try (RawPeer client = connect()) {
            RawPeer.Message answer = client.write(post("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                    + "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\nContent-Length: " + BODY.length() + "\r\n", BODY))
                    .readMessage();
            assertTrue(answer.head().startsWith("HTTP/1.1 200 OK\r\n"), answer.head());
            assertEquals(CREATED + COMPLETED, answer.text());
        }
    }

    /** An early answer ends the upload: the downstream receives the whole answer, and then a reset with NO_ERROR. */
    @Test
    void shouldEndAnUploadThatIsRefused() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        try (Http2Peer client = open()) {
            client.headers(1, false, ":method", "POST", ":scheme", "http", ":authority", "a", ":path", "/v1/nothing");
            assertEquals("404", client.await(Http2Peer.HEADERS).headers().status().toString());
            assertTrue(client.await(Http2Peer.DATA).isEnd());
            Frame reset = client.await(Http2Peer.RST_STREAM);
            assertEquals(1, reset.stream());
            assertEquals(0, reset.error());
        }
    }

    @Test
    void shouldAskForTheBodyWhereItIsExpectedTo() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        upstream.then(Http2ConnectionIT::serve);
        try (Http2Peer client = open()) {
            client.headers(1, false, ":method", "POST", ":scheme", "http", ":authority", "a", ":path", "/v1/responses",
                    "expect", "100-continue");
            assertEquals("100", client.await(Http2Peer.HEADERS).headers().status().toString());
            client.data(1, BODY, true);
            assertEquals("200", client.await(Http2Peer.HEADERS).headers().status().toString());
        }
    }

    /** The trailers of a request and of a response are dropped. */
    @Test
    void shouldDropTrailersOfEitherSide() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
            Frame head = server.await(Http2Peer.HEADERS);
            Frame last = server.next();
            while (!last.isEnd()) {
                last = server.next();
            }
            assertEquals(Http2Peer.DATA, last.type());
            server.headers(head.stream(), false, ":status", "200", "content-type", "text/event-stream");
            server.data(head.stream(), CREATED + COMPLETED, false);
            server.headers(head.stream(), true, "x-trailer", "v");
            peer.awaitClose();
        });
        try (Http2Peer client = open()) {
            client.headers(1, false, ":method", "POST", ":scheme", "http", ":authority", "a", ":path",
                    "/v1/responses");
            client.data(1, BODY, false);
            client.headers(1, true, "x-trailer", "v");
            assertEquals("200", client.await(Http2Peer.HEADERS).headers().status().toString());
            assertEquals(CREATED + COMPLETED, readBody(client, 1));
        }
    }

    /** A line break in an upstream's header never becomes a line of its own downstream. */
    @Test
    void shouldNotPassOnAHeaderWithALineBreak() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
            server.headers(nextRequest(server), false, ":status", "200", "x-a", "b\r\nset-cookie: c=d");
            assertEquals(Http2Peer.RST_STREAM, server.next().type());
            peer.awaitClose();
        });
        try (RawPeer client = connect()) {
            RawPeer.Message answer = client.write(post(BODY)).readMessage();
            assertTrue(answer.head().startsWith("HTTP/1.1 502 "), answer.head());
            assertFalse(answer.head().contains("cookie"), answer.head());
        }
    }

    /** A canceled stream affects neither its connection nor its neighbors. */
    @Test
    void shouldCancelOnlyTheStreamThatItsDownstreamLeft() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        CountDownLatch isFirstThere = new CountDownLatch(1);
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
            int first = nextRequest(server);
            isFirstThere.countDown();
            int second = nextRequest(server);
            server.headers(first, false, ":status", "200", "content-type", "text/event-stream");
            server.headers(second, false, ":status", "200", "content-type", "text/event-stream");
            server.data(first, CREATED, false).data(second, CREATED, false);
            Frame reset = server.await(Http2Peer.RST_STREAM);
            assertEquals(first, reset.stream());
            assertEquals(CANCEL, reset.error());
            server.data(second, COMPLETED, true);
            peer.awaitClose();
        });
        try (RawPeer left = connect(); Http2Peer client = open()) {
            left.write(post(BODY));
            assertTrue(isFirstThere.await(20, TimeUnit.SECONDS));
            int stream = client.post(BODY);
            left.readUntil(CREATED);
            left.reset();
            assertEquals(CREATED + COMPLETED, readBody(client, stream));
        }
    }

    /** An answer shorter than its Content-Length is a cut answer, even if no byte of it came. */
    @ParameterizedTest
    @ValueSource(strings = {"headers", "data", "trailers", "part"})
    void shouldNotPassOnAnAnswerThatIsShorterThanItSays(String end) throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
            int stream = nextRequest(server);
            server.headers(stream, end.equals("headers"), ":status", "200", "content-type", "application/json",
                    "content-length", "100");
            if (end.equals("trailers")) {
                server.headers(stream, true, "x-trailer", "v");
            } else if (!end.equals("headers")) {
                server.data(stream, end.equals("part") ? "{}" : "", true);
            }
            peer.awaitClose();
        });
        try (RawPeer client = connect()) {
            assertTrue(client.write(post(BODY)).readMessage().head().startsWith("HTTP/1.1 502 "));
        }
    }

    /** Cancels are spread over connections, so that the upstream does not take many of them for an attack. */
    @Test
    void shouldSpreadCancelsOverConnections() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        AtomicInteger most = new AtomicInteger();
        Semaphore isRequested = new Semaphore(0);
        Semaphore isReset = new Semaphore(0);
        upstream.always(peer -> {
            Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
            int resets = 0;
            while (true) {
                Frame frame = server.next();
                if (frame.type() == Http2Peer.RST_STREAM) {
                    most.accumulateAndGet(++resets, Math::max);
                    isReset.release();
                } else if (frame.isEnd()) {
                    isRequested.release();
                }
            }
        });
        for (int i = 0; i < 120; i++) {
            try (Http2Peer client = open()) {
                int stream = client.post(BODY);
                assertTrue(isRequested.tryAcquire(20, TimeUnit.SECONDS));
                client.reset(stream, CANCEL);
                assertTrue(isReset.tryAcquire(20, TimeUnit.SECONDS));
            }
        }
        assertTrue(most.get() <= 50, "resets: " + most);
        assertTrue(upstream.connections() >= 2, "connections: " + upstream.connections());
    }

    /** An upstream that speaks HTTP/1.1 first and HTTP/2 later, like a fleet during an upgrade. */
    @Test
    void shouldFollowAnUpstreamThatComesToSpeakHttp2() throws Exception {
        TestCertificates certificates = new TestCertificates();
        upstream.close();
        upstream = new ScriptedUpstream(certificates.context(certificates.of("localhost")));
        upstream.then(peer -> {
            Pairing.Server server = new Pairing(false, false, true).accept(peer);
            server.request();
            server.head().send(CREATED + COMPLETED).end();
            server.raw().close();
        }).always(peer -> {
            Pairing.Server server = new Pairing(false, true, true).accept(peer);
            while (true) {
                server.request();
                server.head().send(CREATED + COMPLETED).end();
            }
        });
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null)).toBuilder()
                        .caFile(certificates.caFile()).build())
                .route(RouteConfig.of("gpt-*", "up"))
                .transport(new TransportConfig(transport, 1, false)).build(), extensions());

        try (Http2Peer client = open()) {
            for (int i = 0; i < 5; i++) {
                assertEquals(CREATED + COMPLETED, readBody(client, client.post(BODY)));
                if (i == 0) {
                    Await.until("the close has arrived", () -> relay.core().idleUpstreamConnections() == 0);
                }
            }
        }
        assertEquals(2, upstream.connections());
    }

    /** P11: a drain is not complete while an answer waits for the downstream's window. */
    @Test
    void shouldNotBeDrainedBeforeAnAnswerHasLeft() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        upstream.then(Http2ConnectionIT::serve);
        try (Http2Peer client = new Http2Peer(connect()).open(100)) {
            int stream = client.post(BODY);
            assertEquals(100, client.await(Http2Peer.DATA).payload().length);
            assertTrue(takeUsage().isComplete()); // the exchange is over
            CompletableFuture<Void> drained = relay.drain();
            time.settle();
            assertFalse(drained.isDone());
            client.windowUpdate(stream, 10_000);
            assertEquals((CREATED + COMPLETED).substring(100), readBody(client, stream));
            drained.get(20, TimeUnit.SECONDS);
        }
    }

    /** A request whose end was not written cannot have been processed and is sent again. */
    @Test
    void shouldSendAgainWhatTheUpstreamCannotHaveHadWhole() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept(4, 20); // a window smaller than the request
            Frame frame = server.await(Http2Peer.DATA);
            assertFalse(frame.isEnd());
            peer.close();
        }).then(Http2ConnectionIT::serve);
        try (Http2Peer client = open()) {
            assertEquals(CREATED + COMPLETED, readBody(client, client.post(BODY)));
        }
        assertEquals(2, upstream.connections());
    }

    /** No DATA of a stream follows its reset. */
    @Test
    void shouldSendNoDataAfterAReset() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        CompletableFuture<Integer> after = new CompletableFuture<>();
        CountDownLatch isWindowUsed = new CountDownLatch(1);
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept(4, 20).openConnectionWindow();
            int stream = server.await(Http2Peer.DATA).stream(); // all that the window allows
            isWindowUsed.countDown();
            while (server.next().type() != Http2Peer.RST_STREAM) {
                // DATA that the window still allowed
            }
            server.windowUpdate(stream, 10_000);
            server.write(Http2Peer.PING, 0, 0, new byte[8]);
            Frame frame = server.read();
            while (frame.type() != Http2Peer.PING) {
                assertNotEquals(Http2Peer.DATA, frame.type());
                frame = server.read();
            }
            after.complete(frame.flags());
            peer.awaitClose();
        });
        try (Http2Peer client = open()) {
            int stream = client.post(BODY);
            assertTrue(isWindowUsed.await(20, TimeUnit.SECONDS));
            client.reset(stream, CANCEL);
            assertEquals(Http2Peer.ACK, after.get(20, TimeUnit.SECONDS));
        }
    }

    /** A connection that received GOAWAY does not count against the limit on connections. */
    @Test
    void shouldOpenAnotherConnectionBesideOneThatIsLeaving() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT.withCapacity(10, 1, 10));
        CountDownLatch isSecondDone = new CountDownLatch(1);
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
            int first = nextRequest(server);
            server.headers(first, false, ":status", "200", "content-type", "text/event-stream");
            server.data(first, CREATED, false).goAway(first, 0);
            assertTrue(isSecondDone.await(20, TimeUnit.SECONDS));
            server.data(first, COMPLETED, true);
            peer.awaitClose();
        }).then(Http2ConnectionIT::serve);
        try (Http2Peer client = open()) {
            int first = client.post(BODY);
            client.await(Http2Peer.DATA);
            assertEquals(CREATED + COMPLETED, readBody(client, client.post(BODY)));
            isSecondDone.countDown();
            assertEquals(COMPLETED, readBody(client, first));
        }
    }

    @Test
    void shouldReplaceAnOldConnection() throws Exception {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null)
                        .withVersions(HttpVersions.HTTP_2)))
                .route(RouteConfig.of("gpt-*", "up"))
                .timeouts(TimeoutConfig.builder().upstreamLifetime(Duration.ofSeconds(60)).build())
                .transport(new TransportConfig(transport, 1, false)).build(), extensions());
        upstream.always(Http2ConnectionIT::serve);
        try (Http2Peer client = open()) {
            for (int i = 0; i < 7; i++) {
                assertEquals(CREATED + COMPLETED, readBody(client, client.post(BODY)));
                time.advance(Duration.ofSeconds(13)); // the lifetime varies by a tenth: 54 to 66 s
            }
        }
        assertEquals(2, upstream.connections());
    }

    /** A reset means that the upstream had the request: it is not sent again, and no other stream is harmed. */
    @Test
    void shouldNotSendAgainWhatTheUpstreamReset() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT.withCapacity(100, 1, 100));
        AtomicInteger requests = new AtomicInteger();
        upstream.then(peer -> {
            Http2Peer server = new Http2Peer(peer).accept().openConnectionWindow();
            answer(server, nextRequest(server), CREATED + COMPLETED);
            server.reset(nextRequest(server), 2);
            requests.incrementAndGet();
            answer(server, nextRequest(server), CREATED + COMPLETED);
            peer.awaitClose();
        });
        try (Http2Peer client = open()) {
            assertEquals(CREATED + COMPLETED, readBody(client, client.post(BODY)));
            client.post(BODY);
            assertEquals("502", client.await(Http2Peer.HEADERS).headers().status().toString());
            assertEquals(CREATED + COMPLETED, readBody(client, client.post(BODY)));
        }
        assertEquals(1, requests.get());
    }

    /** An upload that is on its way when its request is refused, and that soon ends, is not reset. */
    @Test
    void shouldNotResetAnUploadThatEndsSoonAfterItsRefusal() throws Exception {
        launchTo2(Http2UpstreamConfig.DEFAULT);
        try (Http2Peer client = open()) {
            int stream = client.request("POST", "/v1/nothing", BODY);
            assertEquals("404", client.await(Http2Peer.HEADERS).headers().status().toString());
            assertTrue(client.await(Http2Peer.DATA).isEnd());
            client.headers(stream + 2, true, ":method", "GET", ":scheme", "http", ":authority", "a", ":path", "/v1/x");
            assertEquals(Http2Peer.HEADERS, client.next().type());
        }
    }
}
