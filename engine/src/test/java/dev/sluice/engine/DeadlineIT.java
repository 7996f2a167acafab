// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.RouteConfig.UpstreamLoss;
import dev.sluice.engine.config.TimeoutConfig;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** P6: long silence is normal, and each timer ends only what it guards. The test advances the clock by hand. */
class DeadlineIT extends RelayFixture {

    DeadlineIT() {
        time.stopTicking();
    }

    private void advance(Duration duration) {
        time.advance(duration);
    }

    @Test
    void shouldWaitLongForAHeadAndThenAnswer504() throws Exception {
        launch();
        CountDownLatch requestArrived = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            requestArrived.countDown();
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY));
            assertTrue(requestArrived.await(20, TimeUnit.SECONDS));
            advance(Duration.ofMinutes(9));
            assertStillOpen(client);
            advance(Duration.ofMinutes(2));

            RawPeer.Message answer = client.readMessage();
            assertTrue(answer.head().startsWith("HTTP/1.1 504 "), answer.head());
            assertTrue(answer.text().contains("upstream_timeout"), answer.text());
        }
    }

    private static void assertStillOpen(RawPeer client) throws Exception {
        assertEquals(0, client.in().available(), "answered too early");
    }

    @Test
    void shouldAnswer504WhenTheFirstEventDoesNotCome() throws Exception {
        launch();
        CountDownLatch headSent = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead());
            headSent.countDown();
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY));
            assertTrue(headSent.await(20, TimeUnit.SECONDS));
            time.settle();
            assertStillOpen(client);
            advance(Duration.ofMinutes(11));

            assertTrue(client.readMessage().head().startsWith("HTTP/1.1 504 "));
        }
    }

    @Test
    void shouldEndASilentStreamAsLost() throws Exception {
        launch(route -> route.withUpstreamLoss(UpstreamLoss.FAILED_EVENT), builder -> builder);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED));
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY)).readUntil(CREATED);
            advance(Duration.ofMinutes(9));
            client.readUntil("\r\n"); // the end of the chunk
            assertStillOpen(client);
            advance(Duration.ofMinutes(2));

            assertTrue(client.readUntil("0\r\n\r\n").contains("\"code\":\"stream_idle_timeout\""));
        }
    }

    @Test
    void shouldBoundAWholeExchangeOnlyWhereAskedTo() throws Exception {
        launch(route -> route, builder -> builder.timeouts(TimeoutConfig.builder().exchange(Duration.ofHours(1))
                .betweenReads(Duration.ofDays(1)).build()));
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED));
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY)).readUntil(CREATED);
            advance(Duration.ofMinutes(61));

            assertFalse(client.readAll().endsWith("0\r\n\r\n"));
        }
    }

    @Test
    void shouldRefuseAHeadAndABodyThatComeTooSlowly() throws Exception {
        launch();
        try (RawPeer slowHead = connect(); RawPeer slowBody = connect()) {
            slowHead.write("POST /v1/resp");
            slowBody.write(post("Content-Length: 100000\r\n", "{\"model\":"));
            awaitInFlight(1);
            time.settle();
            assertStillOpen(slowHead);
            assertStillOpen(slowBody);
            advance(Duration.ofSeconds(30));

            assertTrue(slowHead.readMessage().head().startsWith("HTTP/1.1 408 "));
            assertTrue(slowBody.readMessage().head().startsWith("HTTP/1.1 408 "));
        }
    }

    @Test
    void shouldCloseIdleConnectionsOnBothSides() throws Exception {
        launch();
        CountDownLatch upstreamClosed = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n");
            assertTrue(peer.awaitClose());
            upstreamClosed.countDown();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY)).readMessage();
            advance(Duration.ofSeconds(15));
            assertTrue(upstreamClosed.await(20, TimeUnit.SECONDS));
            assertStillOpen(client);
            advance(Duration.ofSeconds(61));

            assertEquals("", client.readAll());
        }
    }

    /**
     * Keepalive events fill the silence between two events if the route asks for them; the upstream's bytes stay as
     * they are.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldFillSilenceWhereTheRouteAsksForIt(boolean isChunked) throws Exception {
        launch(route -> route.withKeepAlive(Duration.ofSeconds(20)), builder -> builder);
        Semaphore next = new Semaphore(0);
        CountDownLatch requestArrived = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            requestArrived.countDown();
            peer.write(isChunked ? eventStreamHead() : "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
            for (String part : new String[] {CREATED, DELTA.substring(0, 30), DELTA.substring(30), COMPLETED}) {
                next.acquire();
                peer.write(isChunked ? chunk(part) : part);
            }
            peer.write(isChunked ? "0\r\n\r\n" : "").close();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY));
            assertTrue(requestArrived.await(20, TimeUnit.SECONDS));
            advance(Duration.ofSeconds(21));
            assertStillOpen(client); // no keepalive before the first event
            next.release();
            client.readUntil(CREATED + "\r\n");
            advance(Duration.ofSeconds(21));
            String added = "event: keepalive\ndata: {\"type\":\"keepalive\",\"sequence_number\":0}\n\n";
            client.readUntil(added);
            advance(Duration.ofSeconds(21));
            client.readUntil(added);
            next.release();
            client.readUntil(DELTA.substring(0, 30));
            advance(Duration.ofSeconds(21)); // no keepalive inside an event
            next.release();
            String rest = client.readUntil(DELTA.substring(30));
            assertFalse(rest.contains("keepalive"), rest);
            advance(Duration.ofSeconds(21));
            client.readUntil("\"sequence_number\":1}\n\n");
            next.release();
            assertTrue(client.readUntil("0\r\n\r\n").contains(COMPLETED));
        }
    }
}
