// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.engine.spi.Extensions;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The edge of a WebSocket downstream: handshake, frames, lanes, ends, and what each request must pass. */
class WebSocketIT extends RelayFixture {
    private static final String CREATE = "{\"type\":\"response.create\",\"model\":\"gpt-5.2\",\"input\":\"hi\"}";
    private static final String STREAM = ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(CREATED)
            + ScriptedUpstream.chunk(DELTA) + ScriptedUpstream.chunk(COMPLETED) + "0\r\n\r\n";

    private Relay launch(WebSocketMode mode, UnaryOperator<RelayConfig.Builder> more) {
        RelayConfig.Builder builder = RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), "sk-upstream")).withWebsocket(mode))
                .route(RouteConfig.of("gpt-*", "up"));
        relay = Relay.launch(more.apply(builder).build(), extensions());
        return relay;
    }

    private void launchBridge() {
        launch(WebSocketMode.BRIDGE, builder -> builder);
    }

    private void answerAll() {
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                peer.write(STREAM);
            }
        });
    }

    private static String answerTo(RawPeer peer, String request) throws IOException {
        RawPeer.Message answer = peer.write(request).readMessage();
        return answer.head() + answer.text();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET /v1/responses          | 101
            GET /backend-api/codex/responses | 101
            GET /v1/responses?api-version=1 | 101
            GET /v1/models             | 200
            GET /v1/chat               | 404
            POST /v1/responses         | 400
            """)
    void shouldUpgradeOnlyWhereResponsesAreCreated(String line, int status) throws IOException {
        launchBridge();
        upstream.always(peer -> { });
        RawPeer peer = connect();
        peer.write(line + " HTTP/1.1\r\nHost: relay\r\n" + WebSocketPeer.UPGRADE + "Content-Length: 0\r\n\r\n");

        assertTrue(peer.readHead().startsWith("HTTP/1.1 " + status), line);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Sec-WebSocket-Version: 13                     | Sec-WebSocket-Version: 8          | 426
            Sec-WebSocket-Version: 13\\r\\n                | ''                                | 426
            dGhlIHNhbXBsZSBub25jZQ==                      | dGhlIHNhbXBsZQ==                  | 400
            dGhlIHNhbXBsZSBub25jZQ==                      | not base64 at all                 | 400
            Connection: Upgrade                           | Connection: keep-alive            | 400
            Upgrade: websocket                            | Upgrade: websocket\\r\\nContent-Length: 2 | 400
            Upgrade: websocket                            | Upgrade: websocket\\r\\nOrigin: https://evil.example | 403
            HTTP/1.1                                      | HTTP/1.0                          | 426
            """)
    void shouldRefuseAHandshakeThatIsNotValid(String part, String with, int status) throws IOException {
        launchBridge();
        String request = WebSocketPeer.request("/v1/responses").replace(part.replace("\\r\\n", "\r\n"),
                with.replace("\\r\\n", "\r\n"));

        String answer = answerTo(connect(), request);

        assertTrue(answer.startsWith("HTTP/1.1 " + status), answer);
        assertEquals(status == 426, answer.toLowerCase(Locale.ROOT).contains("sec-websocket-version: 13"));
    }

    @Test
    void shouldAskForHttpWhereNoWebSocketIsServed() throws IOException {
        launch(WebSocketMode.OFF, builder -> builder);

        String answer = answerTo(connect(), WebSocketPeer.request("/v1/responses"));

        assertTrue(answer.startsWith("HTTP/1.1 426 "), answer);
        assertTrue(answer.contains("websocket_not_supported"), answer);
    }

    @Test
    void shouldCheckTheKeyBeforeItAccepts() throws IOException {
        launch(WebSocketMode.BRIDGE, builder -> builder.key(KeyConfig.ofSecret("me", "sk-me")));

        String answer = answerTo(connect(), WebSocketPeer.request("/v1/responses", "Authorization: Bearer sk-other"));

        assertTrue(answer.startsWith("HTTP/1.1 401 "), answer);
        WebSocketPeer.connect(relay.port(), "Authorization: Bearer sk-me").close();
    }

    @ParameterizedTest
    @CsvSource({"1, 100", "100, 1"})
    void shouldRefuseAConnectionBeyondTheLimits(int all, int ofOne) throws Exception {
        launch(WebSocketMode.BRIDGE, builder -> builder.key(KeyConfig.ofSecret("a", "sk-a"))
                .key(KeyConfig.ofSecret("b", "sk-b")).limits(LimitConfig.DEFAULT.toBuilder().maxWebSockets(all)
                .maxWebSocketsPerCaller(ofOne).build()));
        WebSocketPeer first = WebSocketPeer.connect(relay.port(), "Authorization: Bearer sk-a");

        String answer = answerTo(connect(), WebSocketPeer.request("/v1/responses", "Authorization: Bearer sk-a"));

        assertTrue(answer.startsWith("HTTP/1.1 429 ") && answer.contains("retry-after: "), answer);
        if (all > 1) {
            WebSocketPeer.connect(relay.port(), "Authorization: Bearer sk-b").close();
        }
        first.close();
        Await.until("the end of the first", () -> gauge("websockets_open") == 0);
        WebSocketPeer.connect(relay.port(), "Authorization: Bearer sk-a").close();
    }

    @Test
    void shouldAcceptWithoutExtensionsAndSubprotocols() throws IOException {
        launchBridge();
        RawPeer peer = connect();
        String head = peer.write(WebSocketPeer.request("/v1/responses",
                "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "Sec-WebSocket-Protocol: chat"))
                .readHead();

        assertTrue(head.startsWith("HTTP/1.1 101 "), head);
        assertFalse(head.contains("extensions"), head);
        assertFalse(head.contains("protocol:"), head);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            unmasked            | 81 02 68 69                      | 1002
            reserved bit        | c1 80 00 00 00 00                | 1002
            opcode 3            | 83 80 00 00 00 00                | 1002
            opcode 11           | 8b 80 00 00 00 00                | 1002
            fragmented ping     | 09 80 00 00 00 00                | 1002
            long ping           | 89 fe 00 7e 00 00 00 00          | 1002
            continuation        | 80 80 00 00 00 00                | 1002
            text within text    | 01 80 00 00 00 00 81 80 00 00 00 00 | 1002
            length of 2^63      | 81 ff 80 00 00 00 00 00 00 00 00 00 00 00 | 1002
            length over limit   | 81 ff 00 00 00 ff 00 00 00 00 00 00 00 00 | 1009
            binary              | 82 81 00 00 00 00 61             | 1003
            bad UTF-8           | 81 81 00 00 00 00 ff             | 1007
            split bad UTF-8     | 01 81 00 00 00 00 c3 80 81 00 00 00 00 28 | 1007
            close of 1 byte     | 88 81 00 00 00 00 03             | 1002
            close 1005          | 88 82 00 00 00 00 03 ed          | 1002
            close 999           | 88 82 00 00 00 00 03 e7          | 1002
            close, bad reason   | 88 83 00 00 00 00 03 e8 ff       | 1007
            close 1000          | 88 82 00 00 00 00 03 e8          | 1000
            close 4000          | 88 82 00 00 00 00 0f a0          | 4000
            close without status | 88 80 00 00 00 00               | 1005
            request after GET   | 47 45 54 20                      | 1002
            """)
    void shouldCloseWithTheStatusOfTheFault(String name, String hex, int status) throws IOException {
        launchBridge();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            peer.raw().write(bytes(hex));

            assertEquals(status, peer.readClose(), name);
        }
    }

    @Test
    void shouldRefuseAMessageOfTooManyFrames() throws IOException {
        launchBridge();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            frames.writeBytes(WebSocketPeer.bytesOf(1, false, new byte[0], true));
            for (int i = 0; i < 1100; i++) {
                frames.writeBytes(WebSocketPeer.bytesOf(0, false, new byte[0], true));
            }
            peer.raw().write(frames.toByteArray());

            assertEquals(1009, peer.readClose());
        }
    }

    @Test
    void shouldEndAFloodOfPings() throws IOException {
        launchBridge();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            for (int i = 0; i < 200; i++) {
                frames.writeBytes(WebSocketPeer.bytesOf(9, true, new byte[0], true));
            }
            peer.raw().write(frames.toByteArray());

            assertEquals(1008, peer.readClose());
        }
    }

    private static byte[] bytes(String hex) {
        String[] parts = hex.trim().split(" ");
        byte[] bytes = new byte[parts.length];
        for (int i = 0; i < parts.length; i++) {
            bytes[i] = (byte) Integer.parseInt(parts[i], 16);
        }
        return bytes;
    }

    @Test
    void shouldAnswerPingsWithTheirPayload() throws IOException {
        launchBridge();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            byte[] payload = "are you there".getBytes(StandardCharsets.UTF_8);
            peer.frame(1, false, "{\"type\":".getBytes(StandardCharsets.UTF_8)).frame(9, true, payload);

            WebSocketPeer.Frame pong = peer.readFrame();

            assertEquals(10, pong.opcode());
            assertArrayEquals(payload, pong.payload());
        }
    }

    @Test
    void shouldTakeAMessageInPiecesOfOneByte() throws IOException {
        launchBridge();
        answerAll();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            byte[] text = CREATE.getBytes(StandardCharsets.UTF_8);
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            for (int i = 0; i < text.length; i++) {
                boolean isEnd = i == text.length - 1;
                frames.writeBytes(WebSocketPeer.bytesOf(i == 0 ? 1 : 0, isEnd, new byte[] {text[i]}, true));
            }
            for (byte each : frames.toByteArray()) {
                peer.raw().write(new byte[] {each});
            }

            assertEquals(3, peer.readUntil("response.completed").size());
        }
    }

    @Test
    void shouldServeTheMessageThatArrivesWithTheHandshake() throws IOException {
        launchBridge();
        answerAll();
        RawPeer peer = connect();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(WebSocketPeer.request("/v1/responses").getBytes(StandardCharsets.US_ASCII));
        all.writeBytes(WebSocketPeer.bytesOf(1, true, CREATE.getBytes(StandardCharsets.UTF_8), true));
        peer.write(all.toByteArray());
        peer.readHead();

        assertEquals(0x81, peer.in().read());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            junk                                                                | 400 | invalid_json
            [1]                                                                 | 400 | invalid_json
            {"type":"response.create","model":"gpt-5","model":"gpt-6"}          | 400 | invalid_json
            {"type":"response.create","input":"hi"}                             | 400 | invalid_request_error
            {"type":"response.create","model":"other","input":"hi"}             | 400 | model_not_found
            {"type":"response.create","model":"gpt-5","stream_id":"","input":""} | 400 | invalid_stream_id
            {"type":"response.create","model":"gpt-5","stream_id":"a b"}        | 400 | invalid_stream_id
            {"type":"response.create","model":"gpt-5","stream_id":7}            | 400 | invalid_stream_id
            {"type":"response.cancel","stream_id":"a"}                          | 400 | unknown_event_type
            {"model":"gpt-5"}                                                   | 400 | unknown_event_type
            """)
    void shouldAnswerAnEventThatIsNotValidAndStayOpen(String message, int status, String code) throws IOException {
        launchBridge();
        answerAll();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            String answer = peer.send(message).read();

            assertTrue(answer.startsWith("{\"type\":\"error\",\"status\":" + status), answer);
            assertTrue(answer.contains("\"code\":\"" + code + '"'), answer);
            assertEquals(3, peer.send(CREATE).readUntil("response.completed").size());
        }
    }

    @Test
    void shouldNameTheLaneOfARefusal() throws IOException {
        launchBridge();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            String answer = peer.send(CREATE.replace("gpt-5.2\"", "other\",\"stream_id\":\"a-1\"")).read();

            assertTrue(answer.contains("\"stream_id\":\"a-1\""), answer);
        }
    }

    @Test
    void shouldRefuseAModelThatTheKeyMayNotUseForGood() throws IOException {
        launch(WebSocketMode.BRIDGE, builder -> builder.key(KeyConfig.ofSecret("me", "sk-me").withModels("gpt-4*")));
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port(), "Authorization: Bearer sk-me")) {
            String answer = peer.send(CREATE).read();

            assertTrue(answer.contains("\"status\":400"), answer); // with 403 the Codex CLI would ask again
            assertTrue(answer.contains("\"model_not_allowed\""), answer);
        }
    }

    @Test
    void shouldJudgeEachRequestByTheKeysOfItsMoment() throws IOException {
        launch(WebSocketMode.BRIDGE, builder -> builder.key(KeyConfig.ofSecret("me", "sk-me")));
        answerAll();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port(), "Authorization: Bearer sk-me")) {
            peer.send(CREATE).readUntil("response.completed");
            relay.reload(RelayConfig.builder().listen("127.0.0.1", 0)
                    .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), "sk-upstream"))
                            .withWebsocket(WebSocketMode.BRIDGE))
                    .route(RouteConfig.of("gpt-*", "up")).key(KeyConfig.ofSecret("other", "sk-other")).build());

            String answer = peer.send(CREATE).read();

            assertTrue(answer.contains("\"status\":401"), answer);
            assertEquals(1008, peer.readClose());
        }
    }

    @Test
    void shouldSendTheTimeOfARateLimitInBothPlaces() throws IOException {
        launch(WebSocketMode.BRIDGE, builder -> builder.key(KeyConfig.ofSecret("me", "sk-me").withLimits(
                new UsageLimits(0, 1, 0))));
        answerAll();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port(), "Authorization: Bearer sk-me")) {
            peer.send(CREATE).readUntil("response.completed");

            String answer = peer.send(CREATE).read();

            assertTrue(answer.contains("\"status\":429"), answer);
            assertEquals(3, answer.split("\"retry-after\":\"", -1).length, answer);
        }
    }

    @Test
    void shouldRunRequestsOfOneLaneOneAfterTheOther() throws Exception {
        launchBridge();
        List<CompletableFuture<Void>> turns = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            turns.add(new CompletableFuture<>());
        }
        for (CompletableFuture<Void> turn : turns) {
            upstream.then(peer -> {
                peer.readMessage();
                turn.get();
                peer.write(STREAM.replace("0\r\n\r\n", ""));
                peer.write("0\r\n\r\n");
                peer.close();
            });
        }
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            peer.send(CREATE).send(CREATE).send(CREATE);
            for (int i = 0; i < 3; i++) {
                int running = i + 1;
                Await.until("the request " + running, () -> upstream.connections() == running);
                turns.get(i).complete(null);
                assertEquals(3, peer.readUntil("response.completed").size());
            }
        }
    }

    @Test
    void shouldRunLanesSideBySide() throws Exception {
        launchBridge();
        CompletableFuture<Void> first = new CompletableFuture<>();
        CompletableFuture<Void> isAsked = new CompletableFuture<>(); // so that the scripts are taken in this order
        upstream.then(peer -> {
            peer.readMessage();
            isAsked.complete(null);
            first.get();
            peer.write(STREAM);
        }).then(peer -> {
            peer.readMessage();
            peer.write(STREAM);
        });
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            peer.send(CREATE);
            isAsked.get(20, TimeUnit.SECONDS);
            peer.send(CREATE.replace("\"input\"", "\"stream_id\":\"b\",\"input\""));

            for (String message : peer.readUntil("response.completed")) {
                assertTrue(message.endsWith(",\"stream_id\":\"b\"}"), message);
            }
            first.complete(null);
            for (String message : peer.readUntil("response.completed")) {
                assertFalse(message.contains("stream_id"), message);
            }
        }
    }

    @Test
    void shouldRunSixteenAndQueueTheRest() throws Exception {
        launchBridge();
        CompletableFuture<Void> open = new CompletableFuture<>();
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                open.get();
                peer.write(STREAM);
            }
        });
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            for (int i = 0; i < 20; i++) {
                peer.send(CREATE.replace("\"input\"", "\"stream_id\":\"lane" + i + "\",\"input\""));
            }
            Await.until("16 requests", () -> upstream.connections() == 16);
            peer.frame(9, true, new byte[0]);
            assertEquals(10, peer.readFrame().opcode()); // all messages were read
            assertEquals(16, gauge("exchanges_in_flight"));
            open.complete(null);
            for (int i = 0; i < 20; i++) {
                peer.readUntil("response.completed");
            }
        }
    }

    @Test
    void shouldRefuseMoreRequestsThanItHolds() throws Exception {
        launchBridge();
        upstream.always(peer -> {
            peer.readMessage();
            Thread.sleep(60_000);
        });
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            for (int i = 0; i < 65; i++) {
                peer.send(CREATE);
            }

            String answer = peer.read();

            assertTrue(answer.contains("\"too_many_running\"") && answer.contains("\"status\":429"), answer);
        }
    }

    @Test
    void shouldRefuseAMessageBeyondWhatIsHeld() throws Exception {
        launch(WebSocketMode.BRIDGE, builder -> builder.limits(LimitConfig.DEFAULT.withMaxHeldBytes(1000)));
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            peer.send(CREATE.replace("hi", "x".repeat(1000)));

            assertEquals(1009, peer.readClose());
        }
    }

    @Test
    void shouldCancelWhatRunsWhenTheDownstreamLeaves() throws Exception {
        launchBridge();
        CompletableFuture<Boolean> isClosed = new CompletableFuture<>();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(CREATED));
            isClosed.complete(peer.awaitClose());
        });
        WebSocketPeer peer = WebSocketPeer.connect(relay.port());
        peer.send(CREATE).readUntil("response.created");
        peer.close(); // as the Codex CLI does, without a close frame

        assertTrue(isClosed.get());
        Await.until("no exchange", () -> gauge("exchanges_in_flight") == 0 && gauge("websockets_open") == 0);
    }

    @Test
    void shouldCloseAQuietConnectionInADrainAndLetARunningResponseEnd() throws Exception {
        launchBridge();
        time.stopTicking();
        CompletableFuture<Void> open = new CompletableFuture<>();
        upstream.always(peer -> {
            peer.readMessage();
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(CREATED));
            open.get();
            peer.write(ScriptedUpstream.chunk(COMPLETED) + "0\r\n\r\n");
        });
        WebSocketPeer quiet = WebSocketPeer.connect(relay.port());
        WebSocketPeer busy = WebSocketPeer.connect(relay.port());
        busy.send(CREATE).readUntil("response.created");

        CompletableFuture<Void> drained = relay.drain();
        time.advance(Duration.ofSeconds(3));

        assertEquals(1012, quiet.readClose());
        assertFalse(drained.isDone());
        assertTrue(answerToUpgrade().startsWith("HTTP/1.1 503 "));
        open.complete(null);
        assertEquals(1, busy.readUntil("response.completed").size());
        time.advance(Duration.ofSeconds(1));
        assertEquals(1012, busy.readClose());
        quiet.close();
        busy.close();
        drained.get();
    }

    private String answerToUpgrade() throws IOException {
        try {
            return answerTo(connect(), WebSocketPeer.request("/v1/responses"));
        } catch (UncheckedIOException refused) {
            return "HTTP/1.1 503 by a closed listener";
        }
    }

    @Test
    void shouldNotForwardARequestThatArrivesInADrain() throws Exception {
        launchBridge();
        time.stopTicking();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            relay.drain();
            peer.send(CREATE);

            assertEquals(1012, peer.readClose()); // without an error, which a client would show
            assertEquals(0, upstream.connections());
        }
    }

    @Test
    void shouldCloseAllAtTheDeadlineOfADrain() throws Exception {
        launch(WebSocketMode.BRIDGE, builder -> builder.timeouts(TimeoutConfig.builder()
                .drain(Duration.ofMillis(100)).build()));
        upstream.always(peer -> {
            peer.readMessage();
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(CREATED));
            peer.awaitClose();
        });
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            peer.send(CREATE).readUntil("response.created");

            relay.drain().get();

            assertEquals(1012, peer.readClose());
        }
    }

    @Test
    void shouldEndAConnectionThatAsksForNothing() throws Exception {
        time.stopTicking();
        launchBridge();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            time.advance(Duration.ofSeconds(61));

            assertEquals(1001, peer.readClose());
        }
    }

    @Test
    void shouldEndAMessageThatArrivesTooSlowly() throws Exception {
        time.stopTicking();
        launchBridge();
        answerAll();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            peer.send(CREATE).readUntil("response.completed");
            peer.frame(1, false, "{".getBytes(StandardCharsets.UTF_8));
            peer.awaitPong();
            time.advance(Duration.ofSeconds(15));

            assertEquals(1008, peer.readClose());
        }
    }

    @Test
    void shouldPingASilentDownstreamAndEndADeadOne() throws Exception {
        time.stopTicking();
        launchBridge();
        answerAll();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            peer.send(CREATE).readUntil("response.completed");
            time.advance(Duration.ofSeconds(31));
            assertEquals(9, peer.readFrame().opcode());
            peer.awaitPong();
            time.advance(Duration.ofSeconds(31));
            assertEquals(9, peer.readFrame().opcode());
            time.advance(Duration.ofSeconds(31));

            assertThrows(IOException.class, peer::readFrame); // the end of input, or a reset
        }
    }

    @Test
    void shouldDropTheConnectionOfAClientThatDoesNotAnswerAClose() throws Exception {
        time.stopTicking();
        launchBridge();
        try (WebSocketPeer peer = WebSocketPeer.connect(relay.port())) {
            peer.frame(2, true, new byte[1]);
            assertEquals(1003, peer.readClose());
            time.advance(Duration.ofSeconds(3));

            assertThrows(EOFException.class, peer::readFrame);
        }
    }

    @Test
    void shouldServeAClientThatOffersNoAlpn() throws Exception {
        TestCertificates certificates = new TestCertificates();
        relay = Relay.launch(RelayConfig.builder().listener(new ListenerConfig("127.0.0.1", 0,
                certificates.config("localhost", null)))
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), "sk-upstream"))
                        .withWebsocket(WebSocketMode.BRIDGE))
                .route(RouteConfig.of("gpt-*", "up")).build(), Extensions.NONE);
        answerAll();
        RawPeer peer = new RawPeer(certificates.context(null).getSocketFactory().createSocket("localhost",
                relay.port()));
        String head = peer.write(WebSocketPeer.request("/v1/responses")).readHead();

        assertTrue(head.startsWith("HTTP/1.1 101 "), head);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void shouldNotMixTheObjectsOfTwoConnections(int lanes) throws Exception {
        launch(WebSocketMode.BRIDGE, builder -> builder.key(KeyConfig.ofSecret("a", "sk-a"))
                .key(KeyConfig.ofSecret("b", "sk-b")));
        answerAll();
        try (WebSocketPeer a = WebSocketPeer.connect(relay.port(), "Authorization: Bearer sk-a");
                WebSocketPeer b = WebSocketPeer.connect(relay.port(), "Authorization: Bearer sk-b")) {
            for (int i = 0; i < lanes; i++) {
                a.send("{\"type\":\"response.create\",\"model\":\"gpt-5\",\"store\":false,\"stream_id\":\"l" + i
                        + "\",\"input\":\"secret\"}").readUntil("response.completed");
            }

            String answer = b.send("{\"type\":\"response.create\",\"model\":\"gpt-5\",\"store\":false,"
                    + "\"previous_response_id\":\"resp_1\",\"input\":\"more\"}").read();

            assertTrue(answer.contains("previous_response_not_found"), answer);
            assertFalse(answer.contains("secret"), answer);
        }
    }
}
