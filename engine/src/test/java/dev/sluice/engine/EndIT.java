// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.ObservedExchange;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** P14: an answer has ended with its terminal event, and counts as what that event says. */
class EndIT extends RelayFixture {
    private static final String FAILED = "data: {\"type\":\"response.failed\",\"response\":{\"id\":\"resp_1\","
            + "\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"m\"}}}\n\n";
    private static final String ERROR = "data: {\"type\":\"error\",\"code\":429,\"message\":\"m\"}\n\n";

    private final BlockingQueue<String> ends = new LinkedBlockingQueue<>();

    private Extensions observed() {
        return extensionsBuilder().observer(new ExchangeObserver() {
            @Override
            public void onEnded(ObservedExchange exchange) {
                ends.add(exchange.end() + " " + exchange.error());
            }
        }).build();
    }

    @ParameterizedTest
    @CsvSource({
        "close, completed", "reset, completed", "silence, completed", "comments, completed", "bad framing, completed",
        "close, failed", "reset, failed", "silence, failed", "comments, failed",
        "close, error", "reset, error", "silence, error", "bad framing, error",
    })
    void shouldEndCleanlyAfterTheTerminalEvent(String leave, String terminal) throws Exception {
        launch(route -> route, builder -> builder, observed());
        String last = switch (terminal) {
            case "completed" -> COMPLETED;
            case "failed" -> FAILED;
            default -> ERROR;
        };
        CountDownLatch received = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED) + chunk(last));
            switch (leave) {
                case "close" -> { }
                case "reset" -> {
                    received.await();
                    peer.reset();
                    return;
                }
                case "bad framing" -> {
                    received.await();
                    peer.write("what is this\r\n");
                }
                case "comments" -> peer.write(chunk(": ping\n\n"));
                default -> { }
            }
            if (leave.equals("silence") || leave.equals("comments")) {
                peer.awaitClose();
            } else {
                peer.close();
            }
        });
        upstream.then(peer -> { // a connection of its own
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY));
            if (leave.equals("silence") || leave.equals("comments")) {
                Await.until("the exchange has ended", () -> {
                    time.advance(Duration.ofMillis(300));
                    return !ends.isEmpty();
                });
            }
            String text = client.readUntil(last.substring(last.length() - 20));
            assertTrue(text.endsWith(last), text);
            received.countDown();
            assertEquals("\r\n" + (leave.equals("comments") ? chunk(": ping\n\n") : "") + "0\r\n\r\n",
                    client.readUntil("0\r\n\r\n"));
            assertEquals(switch (terminal) {
                case "completed" -> ExchangeEnd.COMPLETED + " null";
                case "failed" -> ExchangeEnd.FAILED + " server_error";
                default -> ExchangeEnd.FAILED + " 429";
            }, ends.poll(5, TimeUnit.SECONDS));
            assertTrue(takeUsage().isComplete());

            assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
        }
    }

    /** Paths outside the Responses API have no terminal event to wait for. */
    @ParameterizedTest
    @CsvSource({"chunked, true", "close, true", "length, true", "cut chunk, false", "no last chunk, false",
        "cut length, false"})
    void shouldEndARelayedPathByItsFraming(String framing, boolean isClean) throws Exception {
        launch(route -> route, builder -> builder.relayedPath("/v1/chat"), observed());
        String events = "data: {\"choices\":[{}]}\n\ndata: [DONE]\n\n";
        String head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(switch (framing) {
                case "chunked" -> eventStreamHead() + chunk(events) + "0\r\n\r\n";
                case "close" -> head + "\r\n" + events;
                case "length" -> head + "Content-Length: " + events.length() + "\r\n\r\n" + events;
                case "cut length" -> head + "Content-Length: " + (events.length() + 1) + "\r\n\r\n" + events;
                case "cut chunk" -> eventStreamHead() + "40\r\n" + events;
                default -> eventStreamHead() + chunk(events);
            });
            peer.close();
        });

        try (RawPeer client = connect()) {
            String received = client.write(post(BODY).replace("/v1/responses", "/v1/chat/completions")
                    .replace("Host: relay", "Host: relay\r\nConnection: close")).readAll();

            assertTrue(received.contains(events.substring(0, 20)), received);
            assertEquals((isClean ? ExchangeEnd.COMPLETED : ExchangeEnd.UPSTREAM_LOST) + (isClean ? " null"
                    : " upstream_stream_truncated"), ends.poll(5, TimeUnit.SECONDS));
            assertEquals(isClean, received.endsWith("0\r\n\r\n"), received);
        }
    }

    /** A document that reports a failure is one, whatever its status. */
    @Test
    void shouldCountADocumentThatReportsAFailure() throws Exception {
        launch(route -> route, builder -> builder, observed());
        String document = "{\"id\":\"resp_1\",\"status\":\"failed\",\"error\":{\"code\":429.0}}";
        upstream.then(peer -> {
            peer.readMessage();
            peer.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + document.length()
                    + "\r\n\r\n" + document);
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            assertEquals(document, client.write(post(BODY)).readMessage().text());
        }
        assertEquals(ExchangeEnd.FAILED + " 429", ends.poll(5, TimeUnit.SECONDS));
        assertNotNull(usage.peek());
        assertFalse(relay.metrics().counters().stream().noneMatch(each -> each.name().equals("exchanges_failed")
                && each.value() == 1));
    }
}
