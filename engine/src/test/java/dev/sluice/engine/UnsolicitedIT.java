// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.spi.MetricsSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** P16: bytes that belong to no response reach nobody. */
@ParameterizedClass
@EnumSource(names = {"EPOLL", "IO_URING", "NIO"})
class UnsolicitedIT extends RelayFixture {
    private static final String ANSWER = eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n";
    /** The response to another caller. */
    private static final String POISON = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10"
            + "\r\n\r\n{\"of\":\"b\"}";

    /**
     * Whatever waits in the socket of a kept connection when it is taken closes that connection, also if the loop has
     * not been told of it yet: the second request and these bytes arrive while the loop is busy, the request first.
     */
    @ParameterizedTest
    @ValueSource(strings = {"a response", "one byte", "an informational response", "a close", "a reset"})
    void shouldNotUseAConnectionOnWhichSomethingWaits(String what) throws Exception {
        launch();
        CountDownLatch isHeld = new CountDownLatch(1);
        CountDownLatch isSent = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(ANSWER);
            assertTrue(isHeld.await(20, TimeUnit.SECONDS));
            switch (what) {
                case "a response" -> peer.write(POISON);
                case "one byte" -> peer.write("H");
                case "an informational response" -> peer.write("HTTP/1.1 103 Early Hints\r\n\r\n");
                case "a close" -> peer.close();
                default -> peer.reset();
            }
            isSent.countDown();
            peer.awaitClose();
        }).then(UnsolicitedIT::serve);

        try (RawPeer client = connect()) {
            assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
            time.settle(); // the connection is back in the pool
            Runnable goOn = time.hold();
            try {
                client.write(post(BODY));
                isHeld.countDown();
                assertTrue(isSent.await(20, TimeUnit.SECONDS));
            } finally {
                goOn.run();
            }
            assertEquals(CREATED + COMPLETED, client.readMessage().text());
        }
        assertEquals(2, upstream.connections());
    }

    private static void serve(RawPeer peer) throws Exception {
        while (true) {
            peer.readMessage();
            peer.write(ANSWER);
        }
    }

    /** Bytes after the end of a response are counted. An endpoint that does it again is distrusted for ten minutes. */
    @Test
    void shouldDistrustAnEndpointThatDoesItTwice() throws Exception {
        launch();
        RawPeerScripts twice = new RawPeerScripts(POISON);
        upstream.then(twice::answerWithMore).then(twice::answerWithMore).always(UnsolicitedIT::serve);

        try (RawPeer client = connect()) {
            for (int i = 1; i <= 5; i++) {
                assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
                time.settle();
                assertEquals(i, upstream.connections());
            }
        }
        assertEquals(2 * POISON.length(), counter("unsolicited_bytes"));

        time.advance(Duration.ofMinutes(10));
        try (RawPeer client = connect()) {
            for (int i = 1; i <= 3; i++) {
                assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
            }
            assertEquals(6, upstream.connections());
        }
    }

    /** A single slip, or two of them far apart, costs one connection each. */
    @Test
    void shouldForgiveSlipsThatAreFarApart() throws Exception {
        launch();
        RawPeerScripts slip = new RawPeerScripts("x");
        upstream.then(slip::answerWithMore).then(slip::answerWithMore).always(UnsolicitedIT::serve);

        try (RawPeer client = connect()) {
            assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
            time.advance(Duration.ofSeconds(61));
            for (int i = 1; i <= 4; i++) {
                assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
            }
        }
        assertEquals(3, upstream.connections());
    }

    /**
     * An upstream that answers once more than it was asked, in a packet of its own, beside eight busy callers. Where
     * others use the processor, its thread may be held up between the two packets. The second one then comes after the
     * next request, from whose answer nothing distinguishes it; only such a one may be taken for an answer.
     */
    @Test
    void shouldNotPassOnASecondAnswerThatComesAtOnce() throws Exception {
        launch();
        AtomicInteger late = new AtomicInteger();
        AtomicInteger taken = new AtomicInteger();
        upstream.always(peer -> {
            peer.readMessage();
            long nanos = System.nanoTime();
            peer.write(ANSWER);
            peer.write(POISON);
            if (System.nanoTime() - nanos > TimeUnit.MICROSECONDS.toNanos(200)) {
                late.incrementAndGet();
            }
            peer.awaitClose();
        });
        ExecutorService callers = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int c = 0; c < 8; c++) {
                all.add(callers.submit(() -> {
                    for (int i = 0; i < 50; i++) {
                        try (RawPeer client = connect()) {
                            String text = client.write(post(BODY)).readMessage().text();
                            if (!text.equals(CREATED + COMPLETED)) {
                                assertTrue(POISON.endsWith(text), text);
                                taken.incrementAndGet();
                            }
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get(60, TimeUnit.SECONDS);
            }
        } finally {
            callers.shutdownNow();
        }
        assertTrue(taken.get() <= late.get(), taken + " taken, " + late + " late");
        assertEquals(400 - taken.get(), upstream.connections());
    }

    private long counter(String name) {
        return relay.metrics().counters().stream().filter(each -> each.name().equals(name))
                .mapToLong(MetricsSnapshot.Value::value).sum();
    }

    /** Scripts of connections that send something after the end of their response, in the same packet. */
    private record RawPeerScripts(String more) {
        void answerWithMore(RawPeer peer) throws Exception {
            peer.readMessage();
            peer.write(ANSWER + more);
            peer.awaitClose();
        }
    }
}
