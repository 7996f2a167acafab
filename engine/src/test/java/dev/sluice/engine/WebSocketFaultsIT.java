// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.config.WebSocketMode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** WebSockets whose two ends go wrong, or go on in an order that is not the usual one. */
class WebSocketFaultsIT extends WebSocketFixture {
    /** A long event that belongs to no response, and the frame in which it is. */
    private static final String NOTE = "{\"type\":\"codex.note\",\"x\":\"" + "y".repeat(200_000) + "\"}";
    private static final byte[] NOTE_FRAME = WebSocketPeer.bytesOf(1, true, NOTE.getBytes(UTF_8), false);
    private static final int BEGINNING = 150_000;
    private static final long MAX_HELD_BYTES = 64L * 1024 * 1024;

    @Test
    void shouldKeepAQuietUpstreamThatAnswersPings() throws Exception {
        time.stopTicking();
        launchNative();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED);
            for (int i = 0; i < 5; i++) {
                assertEquals(9, peer.readFrame().opcode());
                peer.frame(10, true, new byte[0]);
                peer.send(DELTA.replace("hi", "after pong " + i));
            }
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).read();
            for (int i = 0; i < 5; i++) {
                time.advance(Duration.ofSeconds(31));
                assertTrue(peer.read().contains("after pong " + i));
                peer.awaitPong();
            }
        }
    }

    @Test
    void shouldNotAnswerMoreThanIsRead() throws Exception {
        launchLazy(TimeoutConfig.builder().build());
        byte[] faults = repeat(WebSocketPeer.bytesOf(1, true, "{}".getBytes(UTF_8), true), 4096);

        assertHeld(faults, 400, client());
    }

    @Test
    void shouldNotHoldEventsWithoutBoundThatTheUpstreamDoesNotTake() throws Exception {
        launchNative();
        CompletableFuture<Void> end = new CompletableFuture<>();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED);
            end.get();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).read();
            String event = "{\"type\":\"x\",\"y\":\"" + "z".repeat(1024 * 1024) + "\"}";

            assertHeld(WebSocketPeer.bytesOf(1, true, event.getBytes(UTF_8), true), 250, peer);
        } finally {
            end.complete(null);
        }
    }

    private static byte[] repeat(byte[] frame, int count) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            all.writeBytes(frame);
        }
        return all.toByteArray();
    }

    /** Writes without reading, until the relay takes no more or everything was taken. */
    private void assertHeld(byte[] bytes, int times, WebSocketPeer peer) throws Exception {
        long before = gauge("direct_bytes");
        long[] written = new long[1];
        Thread writer = new Thread(() -> {
            try {
                for (int i = 0; i < times; i++) {
                    peer.raw().write(bytes);
                    synchronized (written) {
                        written[0]++;
                    }
                }
            } catch (IOException closed) {
                // the end of the test
            }
        });
        writer.setDaemon(true);
        writer.start();
        long last = -1;
        for (int still = 0; still < 10 && writer.isAlive(); still++) {
            Thread.sleep(100);
            synchronized (written) {
                still = written[0] == last ? still : 0;
                last = written[0];
            }
            assertTrue(gauge("direct_bytes") - before < MAX_HELD_BYTES, "held: " + gauge("direct_bytes"));
        }
        peer.close();
        writer.join();
    }

    @Test
    void shouldGiveARefusalOfTheHandshakeToTheRequestThatGotItsHead() throws Exception {
        launchLazy(TimeoutConfig.builder().build());
        CompletableFuture<Void> more = new CompletableFuture<>();
        String body = "{\"error\":{\"message\":\"refused\"}}";
        upstream.always(raw -> {
            raw.readHead();
            raw.write("HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                    + "\r\n\r\n");
            more.get();
            raw.write(body);
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(inLane(CREATE, "b"));
            Await.until("the first handshake", () -> upstream.connections() == 1);
            peer.awaitPong();
            peer.send(inLane(CREATE, "a"));
            peer.awaitPong();
            more.complete(null);

            for (int i = 0; i < 2; i++) {
                String answer = peer.read();
                assertTrue(answer.contains("\"status\":400"), answer);
            }
        }
    }

    @Test
    void shouldDropEventsOfNobodyAfterTheDownstreamHasLeft() throws Exception {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(cluster("up", upstream)).route(RouteConfig.of("gpt-*", "up").toBuilder()
                .onDownstreamLeave(RouteConfig.DownstreamLeave.DRAIN).build()).build(), extensions());
        CompletableFuture<Void> hasLeft = new CompletableFuture<>();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(inLane(CREATED, "a"));
            hasLeft.get();
            peer.send("{\"type\":\"codex.rate_limits\"}").send(inLane(DELTA, "a")).send(inLane(COMPLETED, "a"));
            raw.awaitClose();
        });
        WebSocketPeer peer = client();
        peer.send(inLane(CREATE, "a")).read();
        peer.close();
        Await.until("the client has left", () -> gauge("websockets_open") == 0);
        hasLeft.complete(null);

        assertEquals(8, takeUsage().usage().totalTokens());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"type":"error","status":500,"error":{"code":"server_error"}} | true
            {"type":"error","status":500,"error":{"code":"server_error"},"stream_id":"x"} | false
            {"type":"response.failed","response":{"id":"resp_1","status":"failed"},"stream_id":"x"} | false
            {"type":"response.completed","response":{"id":"resp_0"}} | false
            """)
    void shouldEndAllLanesAfterAnErrorThatNamesNone(String event, boolean isOfConnection) throws Exception {
        launchNative();
        CompletableFuture<Void> isPassedOn = new CompletableFuture<>();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.read();
            peer.send(inLane(CREATED, "x")).send(inLane(COMPLETED, "x")).send(inLane(CREATED, "y")).send(event);
            isPassedOn.get();
            if (!isOfConnection) {
                peer.send(inLane(COMPLETED, "y"));
            }
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(inLane(CREATE, "x")).send(inLane(CREATE, "y"));
            for (String expected : List.of(inLane(CREATED, "x"), inLane(COMPLETED, "x"), inLane(CREATED, "y"), event)) {
                assertEquals(expected, peer.read());
            }
            isPassedOn.complete(null);

            if (isOfConnection) {
                assertEquals(1011, peer.readClose());
            } else {
                assertEquals(inLane(COMPLETED, "y"), peer.read());
            }
        }
    }

    @Test
    void shouldNotWriteAnErrorIntoALongMessage() throws Exception {
        launchNative();
        CompletableFuture<Void> more = new CompletableFuture<>();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(COMPLETED);
            raw.write(Arrays.copyOf(NOTE_FRAME, BEGINNING));
            more.get();
            raw.write(Arrays.copyOfRange(NOTE_FRAME, BEGINNING, NOTE_FRAME.length));
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).read();
            WebSocketPeer.Frame first = peer.readFrame();
            assertEquals("1 false", first.opcode() + " " + first.isFinal());
            StringBuilder note = new StringBuilder(first.text());
            peer.send("{}x").frame(9, true, new byte[0]);
            WebSocketPeer.Frame next = peer.readFrame();
            while (next.opcode() != 10) { // the pong, which may be between two fragments
                assertEquals(0, next.opcode());
                note.append(next.text());
                next = peer.readFrame();
            }
            more.complete(null);
            do {
                next = peer.readFrame();
                assertEquals(0, next.opcode());
                note.append(next.text());
            } while (!next.isFinal());

            assertEquals(NOTE, note.toString());
            assertTrue(peer.read().contains("invalid_json"));
        }
    }

    @Test
    void shouldCloseWhenAMessageOfNobodyBreaksOff() throws Exception {
        launchTwo();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(COMPLETED);
            raw.write(Arrays.copyOf(NOTE_FRAME, BEGINNING));
            raw.close();
        });
        second.always(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            while (true) {
                peer.read();
                peer.send(COMPLETED);
            }
        });
        try (WebSocketPeer peer = client()) {
            peer.send(second(CREATE)).readUntil("response.completed");
            peer.send(CREATE).read();

            assertEquals(1011, peer.readClose()); // although another WebSocket is well
        }
    }

    @Test
    void shouldLetTwoLongResponsesTakeTurns() throws Exception {
        launch(WebSocketMode.BRIDGE, EndpointConfig.of(upstream.url(), "k"));
        CompletableFuture<Void> isFirstLong = new CompletableFuture<>();
        CompletableFuture<Void> isSecondSent = new CompletableFuture<>();
        String created = "data: " + CREATED + "\n\n";
        String completed = "data: " + COMPLETED + "\n\n";
        upstream.always(peer -> {
            String body = peer.readMessage().text();
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(created));
            if (body.contains("first")) {
                peer.write(ScriptedUpstream.chunk("data: {\"type\":\"response.x\",\"b\":\"" + "a".repeat(200_000)));
                isSecondSent.get();
                for (int i = 0; i < 100; i++) {
                    peer.write(ScriptedUpstream.chunk("a".repeat(50_000)));
                }
                peer.write(ScriptedUpstream.chunk("\"}\n\n" + completed) + "0\r\n\r\n");
            } else {
                isFirstLong.get();
                for (int i = 0; i < 100; i++) {
                    if (i == 60) {
                        isSecondSent.complete(null);
                    }
                    peer.write(ScriptedUpstream.chunk("data: {\"type\":\"response.y\",\"b\":\"" + "b".repeat(30_000)
                            + "\"}\n\n"));
                }
                peer.write(ScriptedUpstream.chunk(completed) + "0\r\n\r\n");
            }
        });
        try (WebSocketPeer peer = client()) {
            peer.send(inLane(CREATE.replace("hi", "first"), "a")).send(inLane(CREATE.replace("hi", "second"), "b"));
            while (peer.readFrame().isFinal()) {
                // a whole event
            }
            isFirstLong.complete(null);
            for (int i = 0; i < 2; i++) {
                peer.readUntil("response.completed");
            }
        }
    }

    @Test
    void shouldPassOnALastEventWithoutItsBlankLine() throws Exception {
        launch(WebSocketMode.BRIDGE, EndpointConfig.of(upstream.url(), "k"));
        for (String end : new String[] {"\n", ""}) {
            upstream.then(peer -> {
                peer.readMessage();
                peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk("data: " + CREATED
                        + "\n\ndata: " + COMPLETED + end) + "0\r\n\r\n");
                peer.close();
            });
            try (WebSocketPeer peer = client()) {
                peer.send(CREATE).read();

                assertEquals(COMPLETED, peer.read());
            }
        }
    }

    @Test
    void shouldWrapAnErrorInWhateverFormItComes() throws Exception {
        launch(WebSocketMode.BRIDGE, EndpointConfig.of(upstream.url(), "k"));
        for (String event : new String[] {"{\"type\": \"error\", \"code\": \"c\", \"message\": \"m\"}",
            "{\"error\":{\"message\":\"m\",\"code\":\"c\"}}",
            "{\"sequence_number\":3,\"type\":\"error\",\"message\":\"m\"}"}) {
            upstream.then(peer -> {
                peer.readMessage();
                peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk("data: " + CREATED
                        + "\n\ndata: " + event + "\n\n") + "0\r\n\r\n");
                peer.close();
            });
            try (WebSocketPeer peer = client()) {
                peer.send(CREATE).read();

                String answer = peer.read();

                assertTrue(answer.startsWith("{\"type\":\"error\",\"status\":500"), answer);
            }
        }
    }

    @Test
    void shouldEndALongChainOfResponses() throws Exception {
        launch(WebSocketMode.BRIDGE, EndpointConfig.of(upstream.url(), "k"));
        String id = null;
        int links = 0;
        try (WebSocketPeer peer = client()) {
            for (String answer = ""; !answer.contains("\"error\":{"); links++) {
                String previous = id == null ? "" : "\"previous_response_id\":\"" + id + "\",";
                answer = peer.send("{\"type\":\"response.create\",\"model\":\"gpt-5\"," + previous
                        + "\"generate\":false,\"store\":false,\"input\":[1]}").read();
                int at = answer.indexOf("\"id\":\"") + 6;
                id = answer.substring(at, answer.indexOf('"', at));
                if (!answer.contains("\"error\":{")) {
                    peer.read();
                }
            }
        }
        assertEquals(4097, links);
        Await.until("no connection", () -> gauge("websockets_open") == 0);
        assertEquals(0, gauge("held_bytes"));
    }
}
