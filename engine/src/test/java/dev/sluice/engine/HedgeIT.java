// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HealthConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RetryConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.config.TransportConfig;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * If the first endpoint is late, a second one gets the request too. The first answer wins, and the other attempt is
 * canceled.
 */
class HedgeIT extends RelayFixture {
    private static final String ANSWER = eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n";

    private final ScriptedUpstream second = new ScriptedUpstream();
    private final AtomicInteger firstRequests = new AtomicInteger();
    private final AtomicInteger secondRequests = new AtomicInteger();
    private final CountDownLatch firstLeft = new CountDownLatch(1);
    private volatile ScriptedUpstream.Script late;

    @AfterEach
    void closeSecond() {
        second.close();
    }

    private void launch(boolean isIdempotent, int secondInFlight) throws IOException {
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                firstRequests.incrementAndGet();
                if (late != null) {
                    late.run(peer);
                } else {
                    peer.write(ANSWER);
                }
            }
        });
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null).withPlace(1, 0, 0),
                        EndpointConfig.of(second.url(), null).withPlace(1, 1, secondInFlight))
                        .withBalance(Balance.PRIORITY, new HealthConfig(100, Duration.ofSeconds(5),
                                Duration.ofSeconds(60), 50)))
                .route(RouteConfig.of("gpt-*", "up").withRetry(RetryConfig.DEFAULT.withHedgeQuantile(0.9)
                        .withIdempotent(isIdempotent)))
                .timeouts(TimeoutConfig.builder().responseHead(Duration.ofSeconds(60)).build())
                .transport(new TransportConfig(transport, 1, false)).build(), extensions());
        try (RawPeer client = connect()) {
            for (int i = 0; i < 40; i++) { // the relay measures its answer times on these
                assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
            }
        }
    }

    private void isNeverAnswered(RawPeer peer) throws IOException {
        assertTrue(peer.awaitClose());
        firstLeft.countDown();
        throw new EOFException();
    }

    private void expectNothingInFlight() throws Exception {
        Await.until("nothing is in flight", () -> !describeEndpoints().replace("\"in_flight\":0", "")
                .contains("in_flight"));
    }

    /** The second endpoint's answer wins no matter how it is cut, also behind an informational head. */
    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"})
    void shouldTakeTheAnswerOfTheSecond(String begin) throws Exception {
        launch(false, 0);
        late = this::isNeverAnswered;
        second.always(peer -> {
            peer.readMessage();
            secondRequests.incrementAndGet();
            peer.write(begin);
            time.settle(); // the relay has read the beginning alone
            peer.write(begin.startsWith("HTTP/1.1 200") ? ANSWER.substring(begin.length()) : ANSWER);
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
        }
        assertTrue(firstLeft.await(20, TimeUnit.SECONDS));
        assertEquals(1, secondRequests.get());
        assertEquals(41, firstRequests.get());
        expectNothingInFlight();
    }

    /** The first attempt times out while the hedge is in flight. The hedge goes on, and no further request is sent. */
    @Test
    void shouldWaitForTheSecondWhereTheFirstIsTooLate() throws Exception {
        launch(true, 0);
        late = this::isNeverAnswered;
        CountDownLatch mayAnswer = new CountDownLatch(1);
        CountDownLatch hasArrived = new CountDownLatch(1);
        second.always(peer -> {
            peer.readMessage();
            secondRequests.incrementAndGet();
            hasArrived.countDown();
            assertTrue(mayAnswer.await(20, TimeUnit.SECONDS));
            peer.write(ANSWER);
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY));
            Await.until("the first endpoint has the request", () -> firstRequests.get() == 41);
            time.advance(Duration.ofSeconds(40));
            assertTrue(hasArrived.await(20, TimeUnit.SECONDS));
            time.advance(Duration.ofSeconds(21)); // leaves the hedge almost 40 s
            assertTrue(firstLeft.await(20, TimeUnit.SECONDS));
            mayAnswer.countDown();
            assertEquals(CREATED + COMPLETED, client.readMessage().text());
        }
        assertEquals(1, secondRequests.get());
        expectNothingInFlight();
    }

    /** While the first endpoint's Retry-After runs, no hedge is sent, and the retry is the only further attempt. */
    @Test
    void shouldNotHedgeWhileItWaitsToRetry() throws Exception {
        launch(false, 1);
        AtomicInteger refusals = new AtomicInteger();
        CountDownLatch isBusy = new CountDownLatch(1);
        CountDownLatch isRefused = new CountDownLatch(1);
        CountDownLatch mayAnswer = new CountDownLatch(1);
        second.always(peer -> {
            while (true) {
                peer.readMessage();
                secondRequests.incrementAndGet();
                isBusy.countDown();
                assertTrue(mayAnswer.await(20, TimeUnit.SECONDS));
                peer.write(ANSWER);
            }
        });
        late = this::isNeverAnswered;
        try (RawPeer busy = connect(); RawPeer client = connect()) {
            busy.write(post(BODY));
            assertTrue(isBusy.await(20, TimeUnit.SECONDS)); // by a hedge: the second endpoint is full
            late = peer -> {
                peer.write(refusals.getAndIncrement() == 0
                        ? "HTTP/1.1 429 X\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}" : ANSWER);
                isRefused.countDown();
            };
            client.write(post(BODY));
            assertTrue(isRefused.await(20, TimeUnit.SECONDS));
            time.settle();
            mayAnswer.countDown(); // the second endpoint has room again while the retry waits
            assertEquals(CREATED + COMPLETED, busy.readMessage().text());
            assertEquals(CREATED + COMPLETED, client.readMessage().text());
        }
        assertEquals(3, refusals.get() + secondRequests.get()); // the busy client's hedge, the refusal and the retry
        expectNothingInFlight();
    }
}
