// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.spi.UsageRecord;
import dev.sluice.protocol.Cuts;
import dev.sluice.protocol.event.Usage;
import java.io.ByteArrayOutputStream;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** P1, P2, P10, P13: the downstream reads the upstream's stream at once and byte for byte. */
@ParameterizedClass
@EnumSource(names = {"EPOLL", "IO_URING", "NIO"})
class StreamIT extends RelayFixture {

    @Test
    void shouldRelayAnEventStream() throws Exception {
        launch();
        upstream.then(peer -> {
            RawPeer.Message request = peer.readMessage();
            assertEquals(BODY, request.text());
            assertTrue(request.head().startsWith("POST /v1/responses HTTP/1.1\r\nhost: 127.0.0.1:" + upstream.port()
                    + "\r\nauthorization: Bearer sk-upstream\r\n"), request.head());
            peer.write(eventStreamHead() + chunk(CREATED) + chunk(DELTA) + chunk(COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            RawPeer.Message response = client.write(post(BODY)).readMessage();

            assertTrue(response.head().startsWith("HTTP/1.1 200 OK\r\n"), response.head());
            assertTrue(response.head().contains("\r\nx-accel-buffering: no\r\n"), response.head());
            assertEquals(CREATED + DELTA + COMPLETED, response.text());
        }
        UsageRecord record = takeUsage();
        assertEquals(new Usage(3, 0, 5, 0, 8, false), record.usage());
        assertEquals("resp_1", record.responseId());
        assertTrue(record.isComplete());
    }

    /** P1: half an event is passed on while the upstream still holds the other half. */
    @Test
    void shouldNotWaitForTheRestOfAnEvent() throws Exception {
        launch();
        CountDownLatch halfWasRead = new CountDownLatch(1);
        String first = CREATED.substring(0, 40);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + Integer.toHexString(CREATED.length()) + "\r\n" + first);
            assertTrue(halfWasRead.await(20, TimeUnit.SECONDS));
            peer.write(CREATED.substring(40) + "\r\n" + chunk(COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY)).readHead();
            client.readUntil(first);
            halfWasRead.countDown();
            client.readUntil("0\r\n\r\n");
        }
    }

    /** P2: every byte arrives, regardless of the upstream's framing and of how its bytes are cut. */
    @RepeatedTest(60)
    void shouldRelayEveryByteHoweverTheStreamIsCut(RepetitionInfo repetition) throws Exception {
        launch();
        SplittableRandom random = new SplittableRandom(repetition.getCurrentRepetition());
        int framing = random.nextInt(4);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        byte[] stream = (CREATED + randomText(random) + "\n\n" + COMPLETED).getBytes("ISO-8859-1");
        body.writeBytes(stream);
        String type = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
        if (framing == 0) {
            wire.writeBytes((type + "Content-Length: " + stream.length + "\r\n\r\n").getBytes("ISO-8859-1"));
            wire.writeBytes(stream);
        } else if (framing == 1) {
            wire.writeBytes((type + "Connection: close\r\n\r\n").getBytes("ISO-8859-1"));
            wire.writeBytes(stream);
        } else {
            wire.writeBytes((type + "Transfer-Encoding: chunked\r\n\r\n").getBytes("ISO-8859-1"));
            for (byte[] piece : Cuts.random(stream, 1 + random.nextInt(9000), random)) {
                String extension = framing == 3 && random.nextInt(5) == 0 ? ";x=y" : "";
                wire.writeBytes((Integer.toHexString(piece.length) + extension + "\r\n").getBytes("ISO-8859-1"));
                wire.writeBytes(piece);
                wire.writeBytes("\r\n".getBytes("ISO-8859-1"));
            }
            wire.writeBytes((framing == 3 ? "0\r\nX-Trailer: v\r\n\r\n" : "0\r\n\r\n").getBytes("ISO-8859-1"));
        }
        int cut = 1 + random.nextInt(random.nextBoolean() ? 20 : 20_000);
        upstream.then(peer -> {
            peer.readMessage();
            for (byte[] piece : Cuts.random(wire.toByteArray(), cut, random)) {
                peer.write(piece);
                if (random.nextInt(16) == 0) {
                    time.settle(); // a busy relay would otherwise read several pieces at once
                }
            }
            if (framing != 1) {
                peer.awaitClose();
            }
            peer.close();
        });
        boolean isHttp10 = random.nextInt(4) == 0;

        try (RawPeer client = connect()) {
            String request = isHttp10 ? post(BODY).replace("HTTP/1.1", "HTTP/1.0") : post(BODY);
            RawPeer.Message response = client.write(request).readMessage();

            assertArrayEquals(body.toByteArray(), response.body(), "seed " + repetition.getCurrentRepetition());
            assertFalse(response.head().contains("railer"));
        }
    }

    /** P13: unknown events, headers and fields survive. */
    @Test
    void shouldKeepWhatItDoesNotKnow() throws Exception {
        launch();
        String body = "{\"x_new\":{\"a\":null},\"model\":\"gpt-5.2\",\"tools\":[{\"type\":\"future\"}],\"n\":1e400}";
        String unknown = "event: codex.rate_limits\ndata: {\"type\":\"codex.rate_limits\",\"\u00fc\":1}\n\nid: 7\n\n";
        upstream.then(peer -> {
            RawPeer.Message request = peer.readMessage();
            assertEquals(body, request.text());
            assertTrue(request.head().contains("\r\nsession_id: s1\r\n"), request.head());
            assertTrue(request.head().contains("\r\nX-Codex-Turn-State: t\r\n"), request.head());
            peer.write(eventStreamHead().replace("\r\n\r\n", "\r\nX-Codex-New: 1\r\nSet-Cookie: a=b\r\n\r\n")
                    + chunk(CREATED + unknown + COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            RawPeer.Message response = client.write(post("session_id: s1\r\nX-Codex-Turn-State: t\r\nContent-Length: "
                    + body.length() + "\r\n", body)).readMessage();

            assertTrue(response.head().contains("\r\nX-Codex-New: 1\r\n"), response.head());
            assertFalse(response.head().contains("ookie"), response.head());
            assertEquals(CREATED + unknown + COMPLETED, response.text());
        }
    }

    /** P10: the usage is read from a last event that lacks its blank line. */
    @Test
    void shouldKnowTheUsageOfALastEventWithoutItsBlankLine() throws Exception {
        launch();
        String cut = COMPLETED.substring(0, COMPLETED.length() - 2);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED) + chunk(cut) + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            assertEquals(CREATED + cut, client.write(post(BODY)).readMessage().text());
        }
        assertEquals(8, takeUsage().usage().totalTokens());
    }

    @Test
    void shouldServeManyExchangesOnOneConnectionEachWay() throws Exception {
        launch();
        upstream.then(peer -> {
            for (int i = 0; i < 5; i++) {
                peer.readMessage();
                peer.write(eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n");
            }
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY) + post(BODY)); // pipelined
            for (int i = 0; i < 3; i++) {
                assertEquals(CREATED + COMPLETED, client.readMessage().text());
                client.write(post(BODY));
            }
            assertEquals(CREATED + COMPLETED, client.readMessage().text());
            assertEquals(CREATED + COMPLETED, client.readMessage().text());
        }
        assertEquals(1, upstream.connections());
    }

    /** Requests that are pipelined behind another one wait, regardless of their size, and cut no answer. */
    @Test
    void shouldNotCutAnAnswerForWhatIsPipelinedBehindIt() throws Exception {
        launch();
        String large = "{\"model\":\"gpt-5.2\",\"input\":\"" + "x".repeat(900_000) + "\"}";
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                peer.write(eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n");
            }
        });

        try (RawPeer client = connect()) {
            Thread writer = new Thread(() -> {
                try {
                    client.write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n" + post(BODY) + post(large));
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            writer.start();
            assertTrue(client.readMessage().text().startsWith("{\"object\":\"list\""));
            assertEquals(CREATED + COMPLETED, client.readMessage().text());
            assertEquals(CREATED + COMPLETED, client.readMessage().text());
            writer.join();
        }
    }

    /** The terminal event ends the answer: the relay does not wait long for an upstream that does not end the body. */
    @Test
    void shouldEndABodyThatItsUpstreamDoesNotEnd() throws Exception {
        launch();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED) + chunk(COMPLETED));
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
        }
        assertTrue(takeUsage().isComplete());
    }

    @Test
    void shouldRelayJsonAndErrorsAsTheyAre() throws Exception {
        launch();
        String json = "{\"id\":\"resp_2\",\"status\":\"completed\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}";
        String error = "{\"error\":{\"message\":\"slow down\",\"code\":\"x\"}}";
        upstream.then(peer -> {
            peer.readMessage();
            peer.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    + "Content-Length: " + json.length() + "\r\n\r\n" + json);
            peer.readMessage();
            peer.write("HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Type: application/json\r\nContent-Length: "
                    + error.length() + "\r\n\r\n" + error);
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            assertEquals(json, client.write(post(BODY)).readMessage().text());
            RawPeer.Message refused = client.write(post(BODY)).readMessage();

            assertTrue(refused.head().startsWith("HTTP/1.1 429 Too Many\r\n"), refused.head());
            assertTrue(refused.head().contains("\r\nRetry-After: 7\r\n"), refused.head());
            assertEquals(error, refused.text());
        }
        assertEquals(3, takeUsage().usage().totalTokens());
    }
}
