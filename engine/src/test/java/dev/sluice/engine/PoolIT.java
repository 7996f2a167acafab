// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.TimeoutConfig;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** P7: a pooled connection that the upstream closes on reuse never becomes a 502. */
class PoolIT extends RelayFixture {
    /** Requests for each of the three ways to close; more than 10,000 in all. */
    private static final int REQUESTS = 3400;
    private static final String ANSWER = eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n";

    /** Each upstream connection answers once and then closes: at once, on the second request, or by a reset on it. */
    @ParameterizedTest
    @ValueSource(strings = {"on request", "at once", "reset on request"})
    void shouldNotFailWhenTheUpstreamClosesOnReuse(String moment) throws Exception {
        launch();
        AtomicInteger answered = new AtomicInteger();
        upstream.always(peer -> {
            peer.readMessage();
            answered.incrementAndGet(); // before the client can have the answer
            peer.write(ANSWER);
            switch (moment) {
                case "on request" -> {
                    peer.in().read();
                    peer.close();
                }
                case "reset on request" -> {
                    peer.in().read();
                    peer.reset();
                }
                default -> peer.close();
            }
        });

        try (RawPeer client = connect()) {
            for (int i = 0; i < REQUESTS; i++) {
                RawPeer.Message answer = client.write(post(BODY)).readMessage();
                assertEquals(CREATED + COMPLETED, answer.text());
            }
        }
        assertEquals(REQUESTS, answered.get());
    }

    @Test
    void shouldNotRetryWhatMayHaveBeenProcessed() throws Exception {
        launch();
        AtomicInteger requests = new AtomicInteger();
        upstream.always(peer -> {
            peer.readMessage();
            requests.incrementAndGet();
            peer.close(); // a fresh connection that took the whole request
        });

        try (RawPeer client = connect()) {
            assertTrue(client.write(post(BODY)).readMessage().head().startsWith("HTTP/1.1 502 "));
        }
        assertEquals(1, requests.get());
    }

    /** A connection is not reused if its answer came while the request was still being sent. */
    @Test
    void shouldNotReuseAConnectionWithUnsentBytes() throws Exception {
        launch();
        CountDownLatch isAnswered = new CountDownLatch(1);
        String body = "{\"input\":\"" + "x".repeat(20 * 1024 * 1024) + "\",\"model\":\"gpt-5.2\"}";
        upstream.then(peer -> {
            peer.readHead();
            peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}");
            assertTrue(isAnswered.await(20, TimeUnit.SECONDS)); // reads no more of the request
        }).then(peer -> {
            peer.readMessage();
            peer.write(ANSWER);
            peer.awaitClose();
        });

        try (RawPeer client = connect(); RawPeer second = connect()) {
            assertTrue(client.write(post(body)).readMessage().head().startsWith("HTTP/1.1 413 "));
            assertEquals(CREATED + COMPLETED, second.write(post(BODY)).readMessage().text());
            isAnswered.countDown();
        }
    }

    /** An unsolicited response is never taken for the answer to the next request. */
    @Test
    void shouldDropAConnectionThatSpeaksWhileIdle() throws Exception {
        launch();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(ANSWER + "HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n");
            peer.awaitClose();
        }).then(peer -> {
            peer.readMessage();
            peer.write(ANSWER);
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY)).readMessage();
            assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
        }
        assertEquals(2, upstream.connections());
    }

    /** A connection is replaced at the end of its lifetime, between two requests, no matter how busy it is. */
    @Test
    void shouldReplaceAnOldConnection() throws Exception {
        launch(route -> route, builder -> builder.timeouts(TimeoutConfig.builder()
                .upstreamLifetime(Duration.ofSeconds(60)).build()));
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                peer.write(ANSWER);
            }
        });

        try (RawPeer client = connect()) {
            for (int i = 0; i < 12; i++) {
                assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
                time.advance(Duration.ofSeconds(13));
            }
        }
        int connections = upstream.connections();
        assertTrue(connections >= 2 && connections <= 4, "connections: " + connections);
    }
}
