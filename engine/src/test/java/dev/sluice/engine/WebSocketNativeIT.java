// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.config.WebSocketMode;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages on both sides. */
class WebSocketNativeIT extends WebSocketFixture {
    @Test
    void shouldPassMessagesUnchangedOnOneConnection() throws Exception {
        launchNative();
        List<String> requests = new ArrayList<>();
        CompletableFuture<String> head = new CompletableFuture<>();
        upstream.then(raw -> {
            head.complete(raw.readHead());
            WebSocketPeer peer = WebSocketPeer.accept(raw, head.get());
            for (int i = 0; i < 3; i++) {
                requests.add(peer.read());
                peer.send(CREATED).send(" { \"type\" :\n\"codex.rate_limits\" } ").send(COMPLETED);
            }
        });
        String odd = "{ \"stream\":true, \"model\":\"gpt-5\",\"x\":[1.0e2,\"\\u00e9é\"] ,\"type\":\"response.create\"}";
        try (WebSocketPeer peer = client("openai-beta: responses_websockets=2026-02-06", "originator: codex",
                "Authorization: Bearer sk-caller", "Cookie: a=b")) {
            for (String message : List.of(CREATE, odd, CREATE)) {
                assertEquals(List.of(CREATED, " { \"type\" :\n\"codex.rate_limits\" } ", COMPLETED),
                        peer.send(message).readUntil("response.completed"));
            }
        }
        assertEquals(List.of(CREATE, odd, CREATE), requests);
        String sent = head.get().toLowerCase(Locale.ROOT);
        assertTrue(sent.startsWith("get /v1/responses http/1.1\r\n"), sent);
        assertTrue(sent.contains("authorization: bearer sk-upstream\r\n"), sent);
        assertTrue(sent.contains("openai-beta: responses_websockets=2026-02-06\r\n"), sent);
        assertTrue(sent.contains("originator: codex\r\n"), sent);
        for (String absent : List.of("sk-caller", "cookie", "content-type", "content-length", "accept:", "extensions",
                "transfer-encoding")) {
            assertFalse(sent.contains(absent), absent);
        }
        assertEquals(1, upstream.connections());
    }

    @Test
    void shouldRenameTheModelInTheMessage() throws Exception {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(cluster("up", upstream))
                .route(RouteConfig.of("gpt-*", "up").toBuilder().upstreamModel("deployment-7").build()).build(),
                extensions());
        CompletableFuture<String> request = new CompletableFuture<>();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            request.complete(peer.read());
            peer.send(COMPLETED);
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).read();
        }
        assertEquals(CREATE.replace("gpt-5.2", "deployment-7"), request.get());
    }

    @Test
    void shouldAddTheBetaHeaderThatTheChatGptBackendNeeds() throws Exception {
        launch(WebSocketMode.NATIVE, EndpointConfig.of(upstream.url().replace("/v1", "/backend-api/codex"), "k"));
        CompletableFuture<String> head = new CompletableFuture<>();
        upstream.then(raw -> {
            head.complete(raw.readHead());
            answerAll(WebSocketPeer.accept(raw, head.get()));
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).readUntil("response.completed");
            assertTrue(head.get().contains("GET /backend-api/codex/responses "), head.get());
            assertTrue(head.get().contains("openai-beta: responses_websockets=2026-02-06"), head.get());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 125, 126, 65_535, 65_536, 1_500_000})
    void shouldPassMessagesOfAnyLengthBothWays(int length) throws Exception {
        launchNative();
        String text = "é".repeat(length / 2);
        String create = CREATE.replace("hi", text);
        String delta = DELTA.replace("hi", text);
        CompletableFuture<String> request = new CompletableFuture<>();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            request.complete(peer.read());
            peer.send(CREATED).send(delta).send(COMPLETED);
            peer.read();
        });
        try (WebSocketPeer peer = client()) {
            assertEquals(List.of(CREATED, delta, COMPLETED), peer.send(create).readUntil("response.completed"));
            assertEquals(create, request.get());
        }
    }

    @Test
    void shouldPassFramesThatAreSplitAnywhere() throws Exception {
        launchNative();
        SplittableRandom random = new SplittableRandom(17);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        List<String> sent = new ArrayList<>();
        sent.add(CREATED);
        all.writeBytes(WebSocketPeer.bytesOf(1, true, CREATED.getBytes(UTF_8), false));
        for (int i = 0; i < 200; i++) {
            String message = DELTA.replace("hi", "x".repeat(random.nextInt(900)));
            byte[] bytes = message.getBytes(UTF_8);
            sent.add(message);
            int cut = random.nextInt(bytes.length);
            all.writeBytes(WebSocketPeer.bytesOf(1, false, Arrays.copyOf(bytes, cut), false));
            all.writeBytes(WebSocketPeer.bytesOf(9, true, new byte[] {1}, false));
            byte[] rest = Arrays.copyOfRange(bytes, cut, bytes.length);
            all.writeBytes(WebSocketPeer.bytesOf(0, true, rest, false));
        }
        sent.add(COMPLETED);
        all.writeBytes(WebSocketPeer.bytesOf(1, true, COMPLETED.getBytes(UTF_8), false));
        byte[] bytes = all.toByteArray();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            for (int at = 0; at < bytes.length;) {
                int step = Math.min(bytes.length - at, 1 + random.nextInt(700));
                raw.write(Arrays.copyOfRange(bytes, at, at + step));
                at += step;
            }
            peer.read();
        });
        try (WebSocketPeer peer = client()) {
            assertEquals(sent, peer.send(CREATE).readUntil("response.completed"));
        }
    }

    @Test
    void shouldKeepLanesApart() throws Exception {
        launchNative();
        CompletableFuture<Void> isSent = new CompletableFuture<>();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            for (int i = 0; i < 3; i++) {
                peer.read();
            }
            isSent.complete(null);
            for (String event : List.of(CREATED, DELTA, COMPLETED)) {
                peer.send(inLane(event, "a")).send(event).send(inLane(event, "b"));
            }
            peer.read();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).send(inLane(CREATE, "a")).send(inLane(CREATE, "b"));
            isSent.get();
            List<String> received = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                received.add(peer.read());
            }
            assertEquals(List.of(inLane(CREATED, "a"), CREATED, inLane(CREATED, "b"), inLane(DELTA, "a"), DELTA,
                    inLane(DELTA, "b"), inLane(COMPLETED, "a"), COMPLETED, inLane(COMPLETED, "b")), received);
            for (int i = 0; i < 3; i++) {
                assertEquals(8, takeUsage().usage().totalTokens());
            }
        }
    }

    @Test
    void shouldServeManyLanesInRandomOrder() throws Exception {
        launchNative();
        upstream.then(WebSocketFixture::answerAll);
        try (WebSocketPeer peer = client()) {
            int count = 200;
            SplittableRandom random = new SplittableRandom(3);
            int open = 0;
            int done = 0;
            for (int sent = 0; done < count;) {
                if (sent < count && open < 60 && random.nextInt(3) > 0) {
                    peer.send(inLane(CREATE, "lane" + random.nextInt(32)));
                    sent++;
                    open++;
                } else if (open > 0) {
                    peer.readUntil("response.completed");
                    open--;
                    done++;
                }
            }
            assertEquals(1, upstream.connections());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            404 Not Found          | 404
            401 Unauthorized       | 502
            500 Oops               | 500
            200 OK                 | 502
            302 Found\\r\\nLocation: http://evil.example/ | 502
            429 Too Many           | 429
            """)
    void shouldReportAHandshakeThatIsRefused(String answer, int status) throws Exception {
        launchLazy(TimeoutConfig.builder().build());
        upstream.always(raw -> {
            raw.readHead();
            raw.write("HTTP/1.1 " + answer.replace("\\r\\n", "\r\n") + "\r\nContent-Length: 2\r\n\r\n{}");
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            String error = peer.send(CREATE).read();

            assertTrue(error.startsWith("{\"type\":\"error\",\"status\":" + status), error);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Sec-WebSocket-Accept: AAAA", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "X: y", "not a head"})
    void shouldRefuseAnAnswerThatIsNoHandshake(String header) throws Exception {
        launchLazy(TimeoutConfig.builder().build());
        upstream.always(raw -> {
            raw.readHead();
            raw.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + header
                    + "\r\n\r\n");
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            String error = peer.send(CREATE).read();

            assertTrue(error.startsWith("{\"type\":\"error\",\"status\":502"), error);
        }
    }

    @Test
    void shouldGiveUpAHandshakeWithoutAnswer() throws Exception {
        time.stopTicking();
        launchLazy(TimeoutConfig.builder().connect(Duration.ofSeconds(2)).build());
        CompletableFuture<Void> isAsked = new CompletableFuture<>();
        upstream.always(raw -> {
            raw.readHead();
            isAsked.complete(null);
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE);
            isAsked.get();
            time.advance(Duration.ofSeconds(13));
            for (int i = 0; i < 10; i++) {
                time.advance(Duration.ofMillis(200)); // the backoff before the second attempt
            }
            time.settle();
            Await.until("the second attempt", () -> upstream.connections() == 2);
            time.advance(Duration.ofSeconds(13));

            String error = peer.read();

            assertTrue(error.startsWith("{\"type\":\"error\",\"status\":502"), error);
        }
    }

    @Test
    void shouldAskAnotherEndpointWhereOneCannotBeReached() throws Exception {
        upstream.close();
        launch(WebSocketMode.NATIVE, EndpointConfig.of(upstream.url(), "k"), EndpointConfig.of(second.url(), "k"));
        second.always(WebSocketFixture::answerAll);
        try (WebSocketPeer peer = client()) {
            for (int i = 0; i < 3; i++) {
                assertEquals(3, peer.send(CREATE).readUntil("response.completed").size());
            }
            assertEquals(1, second.connections());
        }
    }

    @Test
    void shouldSendARequestWhereTheResponseIsKnownThatItContinues() throws Exception {
        launch(WebSocketMode.NATIVE, EndpointConfig.of(upstream.url(), "k"), EndpointConfig.of(second.url(), "k"));
        AtomicInteger connections = new AtomicInteger();
        for (ScriptedUpstream each : List.of(upstream, second)) {
            each.always(raw -> {
                if (connections.getAndIncrement() > 0) {
                    answerAll(raw);
                    return;
                }
                WebSocketPeer peer = WebSocketPeer.accept(raw);
                peer.read();
                peer.send("{\"type\":\"error\",\"status\":500,\"error\":{\"code\":\"internal_error\","
                        + "\"type\":\"server_error\",\"message\":\"later\"}}");
                while (true) {
                    peer.read();
                    peer.send("{\"type\":\"error\",\"status\":400,\"error\":{\"code\":"
                            + "\"previous_response_not_found\"}}");
                }
            });
        }
        String next = CREATE.replace("{\"type\"", "{\"store\":false,\"previous_response_id\":\"resp_1\",\"type\"");
        try (WebSocketPeer peer = client()) {
            for (int i = 0; i < 8; i++) {
                peer.send(i == 0 ? CREATE : next);
                assertEquals(List.of(CREATED, DELTA, COMPLETED), peer.readUntil("\"status\":"));
            }
            assertEquals(2, connections.get());
        }
    }

    @Test
    void shouldLetEachLaneContinueOnTheConnectionThatServedIt() throws Exception {
        launch(WebSocketMode.NATIVE, EndpointConfig.of(upstream.url(), "k").toBuilder().maxInFlight(1).build(),
                EndpointConfig.of(second.url(), "k").toBuilder().maxInFlight(1).build());
        CompletableFuture<Void> isOtherServed = new CompletableFuture<>();
        AtomicInteger connections = new AtomicInteger();
        for (ScriptedUpstream each : List.of(upstream, second)) {
            each.always(raw -> {
                WebSocketPeer peer = WebSocketPeer.accept(raw);
                String lane = connections.getAndIncrement() == 0 ? "x" : "y";
                while (true) {
                    boolean isKnown = peer.read().contains("\"stream_id\":\"" + lane + "\"");
                    peer.send(inLane(isKnown ? CREATED : CREATED.replace("resp_1", "of another"), lane));
                    if (lane.equals("x")) {
                        isOtherServed.get(20, TimeUnit.SECONDS);
                    }
                    peer.send(inLane(COMPLETED, lane));
                }
            });
        }
        try (WebSocketPeer peer = client()) {
            assertEquals(inLane(CREATED, "x"), peer.send(inLane(CREATE, "x")).read());
            peer.send(inLane(CREATE, "y")).readUntil("response.completed");
            isOtherServed.complete(null);
            peer.readUntil("response.completed");
            for (String lane : List.of("y", "x", "y", "x")) {
                assertEquals(List.of(inLane(CREATED, lane), inLane(COMPLETED, lane)), peer.send(inLane(CREATE, lane))
                        .readUntil("response.completed"));
            }
        }
    }

    @Test
    void shouldAskAnotherEndpointWhereOneIsOverloaded() throws Exception {
        launch(WebSocketMode.NATIVE, EndpointConfig.of(upstream.url(), "k"), EndpointConfig.of(second.url(), "k"));
        String overloaded = "{\"type\":\"error\",\"status\":503,\"error\":{\"code\":\"server_is_overloaded\","
                + "\"type\":\"server_error\",\"message\":\"later\"}}";
        upstream.always(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            while (true) {
                peer.read();
                peer.send(overloaded);
            }
        });
        second.always(WebSocketFixture::answerAll);
        try (WebSocketPeer peer = client()) {
            for (int i = 0; i < 4; i++) {
                assertEquals(List.of(CREATED, DELTA, COMPLETED), peer.send(CREATE).readUntil("response.completed"));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1001, 1001", "1008, 1008", "1009, 1009", "1011, 1011", "1012, 1012", "1013, 1013", "1014, 1014",
        "1000, 1011", "1002, 1011", "4000, 1011"})
    void shouldPassOnTheStatusOfACloseWithinAResponse(int from, int to) throws Exception {
        launchNative();
        upstream.always(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED).close(from, "because");
        });
        try (WebSocketPeer peer = client()) {
            assertEquals(CREATED, peer.send(CREATE).read());
            WebSocketPeer.Frame close = peer.readFrame();

            assertEquals(8, close.opcode());
            assertEquals(to, close.status());
            assertEquals(from == to, close.text().endsWith("because"), close.text());
        }
        assertEquals(1, upstream.connections()); // what has begun is not asked again
    }

    @ParameterizedTest
    @CsvSource({"1000, 1012", "1001, 1001", "1012, 1012", "0, 1012"})
    void shouldCloseWhenTheUpstreamIsLostBetweenResponses(int from, int to) throws Exception {
        launchNative();
        upstream.always(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(COMPLETED);
            if (from == 0) {
                raw.close();
            } else {
                peer.close(from, "");
            }
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).read();

            assertEquals(to, peer.readClose());
        }
    }

    @Test
    void shouldReportTheLossOfOneLaneWhereOthersGoOn() throws Exception {
        launchTwo();
        upstream.always(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(inLane(CREATED, "a"));
            raw.close();
        });
        second.always(WebSocketFixture::answerAll);
        try (WebSocketPeer peer = client()) {
            peer.send(second(CREATE)).readUntil("response.completed");
            peer.send(inLane(CREATE, "a")).read();

            String error = peer.read();

            assertTrue(error.contains("\"status\":502,\"stream_id\":\"a\"") && error.contains("upstream_lost"), error);
            peer.send(second(CREATE)).readUntil("response.completed");
            assertEquals(1, second.connections());
        }
    }

    @Test
    void shouldRetireAConnectionThatHasReachedItsLimit() throws Exception {
        launchNative();
        String limit = "{\"type\":\"error\",\"status\":400,\"error\":{\"type\":\"invalid_request_error\",\"code\":"
                + "\"websocket_connection_limit_reached\",\"message\":\"60 minutes\"}}";
        upstream.always(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED).send(limit).send(DELTA).send(COMPLETED);
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            assertEquals(List.of(CREATED, limit, DELTA, COMPLETED), peer.send(CREATE).readUntil("response.completed"));
            assertEquals(1001, peer.readClose());
        }
    }

    @Test
    void shouldPassOnWhatCameBeforeAFault() throws Exception {
        launchNative();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            bytes.writeBytes(WebSocketPeer.bytesOf(1, true, CREATED.getBytes(UTF_8), false));
            bytes.writeBytes(WebSocketPeer.bytesOf(1, true, DELTA.getBytes(UTF_8), false));
            bytes.writeBytes(WebSocketPeer.bytesOf(1, true, DELTA.getBytes(UTF_8), true)); // masked
            raw.write(bytes.toByteArray());
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            assertEquals(CREATED, peer.send(CREATE).read());
            assertEquals(DELTA, peer.read());
            assertEquals(1011, peer.readClose());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"type\":\"response.processed\",\"response_id\":\"r\"}",
        "{\"type\":\"response.inject\",\"response_id\":\"r\",\"input\":[ 1]}", "{\"type\":\"x\",\"stream_id\":\"a\"}"})
    void shouldPassEventsThatItDoesNotKnow(String event) throws Exception {
        launchNative();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED);
            peer.send("{\"type\":\"echo\",\"of\":" + peer.read() + "}").send(COMPLETED);
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).read();

            assertEquals("{\"type\":\"echo\",\"of\":" + event + "}", peer.send(event).read());
        }
    }

    @Test
    void shouldCloseTheUpstreamWhenTheDownstreamLeaves() throws Exception {
        launchNative();
        CompletableFuture<Integer> status = new CompletableFuture<>();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED);
            status.complete(peer.readClose());
        });
        WebSocketPeer peer = client();
        peer.send(CREATE).read();
        peer.close();

        assertEquals(1000, status.get());
        Await.until("no exchange", () -> gauge("exchanges_in_flight") == 0 && gauge("websockets_open") == 0);
    }

    @Test
    void shouldReadTheRestForItsUsageWhenTheRouteSaysSo() throws Exception {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(cluster("up", upstream))
                .route(RouteConfig.of("gpt-*", "up").toBuilder().onDownstreamLeave(RouteConfig.DownstreamLeave.DRAIN)
                .build()).build(), extensions());
        CompletableFuture<Void> hasLeft = new CompletableFuture<>();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED);
            hasLeft.get();
            peer.send(DELTA).send(COMPLETED);
            raw.awaitClose();
        });
        WebSocketPeer peer = client();
        peer.send(CREATE).read();
        peer.close();
        Await.until("the client has left", () -> gauge("websockets_open") == 0);
        hasLeft.complete(null);

        assertEquals(8, takeUsage().usage().totalTokens());
    }

    @Test
    void shouldNotMixAConnectionWithAnother() throws Exception {
        launchNative();
        upstream.always(WebSocketFixture::answerAll);
        try (WebSocketPeer a = client(); WebSocketPeer b = client()) {
            a.send(CREATE).readUntil("response.completed");
            b.send(CREATE).readUntil("response.completed");
            a.send(CREATE).readUntil("response.completed");

            assertEquals(2, upstream.connections());
        }
    }

    @Test
    void shouldPingASilentUpstreamAndLoseADeadOne() throws Exception {
        time.stopTicking();
        launchNative();
        CompletableFuture<Void> isPinged = new CompletableFuture<>();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED);
            assertEquals(9, peer.readFrame().opcode());
            isPinged.complete(null);
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).read();
            time.advance(Duration.ofSeconds(31));
            isPinged.get();
            peer.awaitPong();
            time.advance(Duration.ofSeconds(31));

            assertEquals(1011, peer.readClose());
        }
    }

    @Test
    void shouldNotLetASlowReaderFillTheMemory() throws Exception {
        launchNative();
        byte[] payload = DELTA.replace("hi", "x".repeat(60_000)).getBytes(UTF_8);
        byte[] frame = WebSocketPeer.bytesOf(1, true, payload, false);
        int count = 2000;
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED);
            for (int i = 0; i < count; i++) {
                raw.write(frame);
            }
            peer.send(COMPLETED);
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).read();
            long before = gauge("direct_bytes");
            TimeUnit.MILLISECONDS.sleep(1500); // 120 MB would arrive in this time
            assertTrue(gauge("direct_bytes") - before < 64L * 1024 * 1024, "bytes " + gauge("direct_bytes"));

            for (int i = 0; i < count; i++) {
                WebSocketPeer.Frame next = peer.readFrame();
                assertArrayEquals(payload, next.payload());
            }
            assertEquals(COMPLETED, peer.read());
        }
    }
}
