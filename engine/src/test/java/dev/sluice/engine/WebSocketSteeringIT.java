// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sluice.engine.spi.UsageRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses that are steered, and those that an upstream begins after them. */
class WebSocketSteeringIT extends WebSocketFixture {
    private static final String STEERED = "{\"type\":\"response.incomplete\",\"response\":{\"id\":\"resp_1\","
            + "\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"steered\"},"
            + "\"usage\":{\"input_tokens\":1,\"output_tokens\":1,\"total_tokens\":2}}}";

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"type\":\"response.steer\",\"previous_response_id\":\"resp_1\",\"input\":\"no, b\"}",
        "{\"type\":\"response.inject\",\"response_id\":\"resp_1\",\"input\":[]}"
    })
    void shouldSendAnEventWhereTheResponseRunsThatItNames(String event) throws Exception {
        launchTwo();
        upstream.then(raw -> serve(raw, inLane(CREATED, "x"), event, inLane(COMPLETED, "x")));
        second.then(raw -> serve(raw, second(inLane(CREATED, "y")), second(event), second(inLane(COMPLETED, "y"))));
        try (WebSocketPeer peer = client()) {
            peer.send(inLane(CREATE, "x")).read();
            peer.send(second(inLane(CREATE, "y"))).read();

            assertEquals(inLane(COMPLETED, "x"), peer.send(event).read());
            assertEquals(second(inLane(COMPLETED, "y")), peer.send(second(event)).read());
        }
    }

    private static void serve(RawPeer raw, String created, String event, String completed) throws Exception {
        WebSocketPeer peer = WebSocketPeer.accept(raw);
        peer.read();
        peer.send(created);
        assertEquals(event, peer.read());
        peer.send(completed);
        raw.awaitClose();
    }

    @Test
    void shouldRecordTheResponseThatFollowsASteeredOne() throws Exception {
        launchNative();
        String steer = "{\"type\":\"response.steer\",\"previous_response_id\":\"resp_1\",\"input\":\"no, b\"}";
        String accepted = "{\"type\":\"response.steer.accepted\",\"steer\":{\"id\":\"s\"}}";
        String successor = "{\"type\":\"response.created\",\"response\":{\"id\":\"resp_2\"}}";
        String completed = COMPLETED.replace("resp_1", "resp_2");
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED);
            assertEquals(steer, peer.read());
            peer.send(accepted).send(STEERED).send(successor).send(DELTA).send(completed);
            assertEquals(CREATE, peer.read()); // which has waited for the end of the successor
            peer.send(COMPLETED);
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).read();
            peer.send(steer).send(CREATE);

            assertEquals(List.of(accepted, STEERED, successor, DELTA, completed), peer.readUntil("resp_2\",\"status"));
            assertEquals(COMPLETED, peer.read());
            List<String> ids = new ArrayList<>();
            long tokens = 0;
            for (int i = 0; i < 3; i++) {
                UsageRecord record = takeUsage();
                ids.add(record.responseId());
                tokens += record.usage().totalTokens();
            }
            assertEquals(List.of("resp_1", "resp_2", "resp_1"), ids);
            assertEquals(2 + 8 + 8, tokens);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"type\":\"response.steer.failed\",\"error\":{\"code\":\"successor_creation_failed\"}}",
        "{\"type\":\"error\",\"status\":500,\"error\":{\"code\":\"server_error\"}}",
        "{\"type\":\"response.failed\",\"response\":{\"id\":\"resp_2\",\"status\":\"failed\"}}"
    })
    void shouldLetTheLaneGoOnWhereSteeringFails(String failed) throws Exception {
        launchNative();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED).send(STEERED).send(failed);
            peer.read();
            peer.send(COMPLETED);
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE);
            assertEquals(List.of(CREATED, STEERED, failed), List.of(peer.read(), peer.read(), peer.read()));
            assertEquals(COMPLETED, peer.send(CREATE).read());
        }
    }

    @Test
    void shouldGiveUpAHeldLaneWithTheConnectionThatHeldIt() throws Exception {
        launchTwo();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(STEERED);
            raw.close();
        });
        second.always(WebSocketNativeIT::answerAll);
        try (WebSocketPeer peer = client()) {
            peer.send(second(CREATE)).readUntil("response.completed");
            peer.send(CREATE).read();
            peer.send(second(CREATE)).readUntil("response.completed");
        }
    }

    @Test
    void shouldReleaseALaneWhoseSuccessorIsLost() throws Exception {
        launchNative();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED).send(STEERED);
            raw.close();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).readUntil("steered");

            assertEquals(1012, peer.readClose());
        }
    }

    @Test
    void shouldWaitForTheSuccessorOnAConnectionThatHasReachedItsLimit() throws Exception {
        launchNative();
        String limit = "{\"type\":\"error\",\"status\":400,"
                + "\"error\":{\"code\":\"websocket_connection_limit_reached\"}}";
        CompletableFuture<Void> isSteered = new CompletableFuture<>();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED).send(limit).send(STEERED);
            isSteered.get();
            peer.send(second(CREATED)).send(second(COMPLETED));
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).readUntil("steered");
            peer.awaitPong();
            isSteered.complete(null);

            peer.readUntil("resp_2\",\"status");
            assertEquals(1001, peer.readClose());
            takeUsage();
            assertEquals("resp_2", takeUsage().responseId());
        }
    }

    @Test
    void shouldHoldBackTheNextRequestAfterALongSteeredResponse() throws Exception {
        launchNative();
        String steered = STEERED.replace("\"resp_1\",", "\"resp_1\",\"instructions\":\"" + "i".repeat(100_000) + "\",");
        byte[] frame = WebSocketPeer.bytesOf(1, true, steered.getBytes(UTF_8), false);
        CompletableFuture<Void> more = new CompletableFuture<>();
        CompletableFuture<Void> successor = new CompletableFuture<>();
        upstream.then(raw -> {
            WebSocketPeer peer = WebSocketPeer.accept(raw);
            peer.read();
            peer.send(CREATED);
            raw.write(Arrays.copyOf(frame, 80_000));
            more.get();
            raw.write(Arrays.copyOfRange(frame, 80_000, frame.length));
            successor.get();
            assertEquals(0, raw.in().available(), "the next request was sent too early");
            peer.send(second(CREATED)).send(second(COMPLETED));
            peer.read();
            peer.send(COMPLETED);
            raw.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).read();
            peer.send(CREATE);
            assertFalse(peer.readFrame().isFinal());
            more.complete(null);
            while (!peer.readFrame().isFinal()) {
                // the rest of the long event
            }
            peer.awaitPong();
            successor.complete(null);
            peer.readUntil("resp_2\",\"status");
            assertEquals(COMPLETED, peer.read());
        }
    }
}
