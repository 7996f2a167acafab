// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.RouteConfig.UpstreamLoss;
import dev.sluice.engine.spi.UsageRecord;
import java.io.IOException;
import java.net.SocketException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** P3: a lost upstream never looks like a clean end to the downstream. */
@ParameterizedClass
@EnumSource(names = {"EPOLL", "IO_URING", "NIO"})
class UpstreamLossIT extends RelayFixture {
    private static final String HALF_EVENT = DELTA.substring(0, 50);

    /** The upstream is lost at several moments of its stream, by a close and by a reset. */
    @ParameterizedTest
    @CsvSource({"head,false", "head,true", "event,false", "event,true", "half,false", "half,true", "cut chunk,false",
        "cut chunk,true", "size line,false", "size line,true"})
    void shouldAbortWhenTheUpstreamIsLost(String moment, boolean isReset) throws Exception {
        launch();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED) + switch (moment) {
                case "head" -> "";
                case "event" -> chunk(DELTA);
                case "half" -> chunk(HALF_EVENT);
                case "cut chunk" -> "40\r\nevent: ";
                default -> "4";
            });
            peer.socket().getOutputStream().flush();
            Thread.onSpinWait();
            if (isReset) {
                peer.reset();
            } else {
                peer.close();
            }
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY));
            String received = readToTheEnd(client);

            assertFalse(received.endsWith("0\r\n\r\n"), received);
            assertFalse(received.contains("response.failed"), received);
            if (!isReset) { // a reset may overtake what was sent before it
                assertTrue(received.contains(CREATED), received);
            }
        }
        UsageRecord record = takeUsage();
        assertFalse(record.isComplete());
        assertNull(record.usage());
    }

    private static String readToTheEnd(RawPeer client) throws IOException {
        try {
            return client.readAll();
        } catch (SocketException reset) {
            return "";
        }
    }

    private void loseAfterTheDelta() {
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED) + chunk(DELTA));
            peer.close();
        });
    }

    @Test
    void shouldAddAFailedEventWhereTheRouteAsksForIt() throws Exception {
        launch(route -> route.withUpstreamLoss(UpstreamLoss.FAILED_EVENT), builder -> builder);
        loseAfterTheDelta();

        try (RawPeer client = connect()) {
            String text = client.write(post(BODY)).readMessage().text();

            assertTrue(text.startsWith(CREATED + DELTA + "event: response.failed\ndata: {\"type\":"
                    + "\"response.failed\",\"sequence_number\":2,\"response\":{\"id\":\"resp_1\","), text);
            assertTrue(text.endsWith("}\n\n"), text);
            assertTrue(text.contains("\"code\":\"server_error\""), text);
        }
    }

    /** The profiles of that load balancer name the loss as it does. */
    @ParameterizedTest
    @CsvSource({"codex-lb, upstream_stream_truncated", "codex-lb-lenient, upstream_stream_truncated",
        "openai, server_error"})
    void shouldNameTheLossAsTheProfileDoes(String profile, String code) throws Exception {
        launch(route -> route.withUpstreamLoss(UpstreamLoss.FAILED_EVENT).withProfile(profile), builder -> builder);
        loseAfterTheDelta();

        try (RawPeer client = connect()) {
            String text = client.write(post(BODY)).readMessage().text();
            assertTrue(text.contains("\"code\":\"" + code + "\""), text);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"half", "cut chunk", "no id"})
    void shouldAbortWhereNoEventCanBeAdded(String moment) throws Exception {
        launch(route -> route.withUpstreamLoss(UpstreamLoss.FAILED_EVENT), builder -> builder);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + switch (moment) {
                case "half" -> chunk(CREATED) + chunk(HALF_EVENT);
                case "cut chunk" -> chunk(CREATED) + "40\r\n" + DELTA.substring(0, 10);
                default -> chunk(DELTA);
            });
            peer.close();
        });

        try (RawPeer client = connect()) {
            String received = client.write(post(BODY)).readAll();

            assertFalse(received.endsWith("0\r\n\r\n"), received);
            assertFalse(received.contains("response.failed"), received);
        }
    }

    /** A clean end of the body without a terminal event is not a clean end of the response. */
    @ParameterizedTest
    @ValueSource(strings = {"chunked", "close", "length"})
    void shouldTakeACleanEndWithoutATerminalEventForALoss(String framing) throws Exception {
        launch();
        String type = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(switch (framing) {
                case "chunked" -> eventStreamHead() + chunk(CREATED) + chunk(DELTA) + "0\r\n\r\n";
                case "close" -> type + "\r\n" + CREATED + DELTA;
                default -> type + "Content-Length: " + (CREATED + DELTA).length() + "\r\n\r\n" + CREATED + DELTA;
            });
            peer.close();
        });

        try (RawPeer client = connect()) {
            String received = client.write(post(BODY)).readAll();

            assertTrue(received.contains(DELTA), received);
            assertFalse(received.endsWith("0\r\n\r\n"), received);
        }
    }

    @Test
    void shouldAnswer502ToAnEmptyStream() throws Exception {
        launch();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            RawPeer.Message answer = client.write(post(BODY)).readMessage();
            assertTrue(answer.head().startsWith("HTTP/1.1 502 "), answer.head());
            assertTrue(answer.text().contains("upstream_stream_truncated"), answer.text());
        }
    }

    /** HTTP/1.0 has no last chunk, so only a reset distinguishes a broken end from a clean one. */
    @Test
    void shouldResetAnHttp10DownstreamWhenTheUpstreamIsLost() throws Exception {
        launch();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED));
            peer.close();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY).replace("HTTP/1.1", "HTTP/1.0"));
            client.readUntil("\n\n");
            assertThrows(SocketException.class, client::readAll);
        }
    }

    @Test
    void shouldKeepDoneWhereTheUpstreamSentIt() throws Exception {
        launch();
        String stream = CREATED + COMPLETED + "data: [DONE]\n\n";
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(stream) + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            assertEquals(stream, client.write(post(BODY)).readMessage().text());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", "garbage\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 1000 Odd\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\n"
                + "Content-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 9\r\n\r\nsk-secret",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"})
    void shouldAnswer502ToAMalformedResponse(String response) throws Exception {
        launch();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(response);
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            RawPeer.Message answer = client.write(post(BODY)).readMessage();

            assertTrue(answer.head().startsWith("HTTP/1.1 502 "), answer.head());
            assertTrue(answer.text().contains("\"type\":\"upstream_error\""), answer.text());
            assertFalse(answer.text().contains("sk-"), answer.text());
        }
    }

    /** Malformed framing after the commit is never passed on. */
    @ParameterizedTest
    @ValueSource(strings = {"zz\r\n", "5\r\nhelloXX", "-1\r\n", "FFFFFFFFFFFFFFFFF\r\n", "1\nx\r\n"})
    void shouldAbortOnMalformedChunks(String framing) throws Exception {
        launch();
        CountDownLatch isCommitted = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED));
            assertTrue(isCommitted.await(20, TimeUnit.SECONDS));
            peer.write(framing);
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY)).readUntil(CREATED);
            isCommitted.countDown();
            String received = client.readAll();

            assertFalse(received.endsWith("0\r\n\r\n"), received);
            assertFalse(received.contains("zz"), received);
        }
    }

    @Test
    void shouldBoundInformationalHeads() throws Exception {
        launch();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write("HTTP/1.1 100 \r\n\r\n".repeat(5000));
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            assertTrue(client.write(post(BODY)).readMessage().head().startsWith("HTTP/1.1 502 "));
        }
    }

    /** A body that is not what its coding says passes where that coding is accepted; its framing marks its end. */
    @Test
    void shouldRelayACodedStreamAsItIs() throws Exception {
        launch();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead().replace("Transfer-", "Content-Encoding: gzip\r\nTransfer-")
                    + chunk("coded bytes") + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            assertEquals("coded bytes", client.write(post("Accept-Encoding: gzip\r\nContent-Length: "
                    + BODY.length() + "\r\n", BODY)).readMessage().text());
        }
    }

    @Test
    void shouldAnswer502WhenNobodyListens() throws Exception {
        launch();
        upstream.close();

        try (RawPeer client = connect()) {
            RawPeer.Message answer = client.write(post(BODY)).readMessage();

            assertTrue(answer.head().startsWith("HTTP/1.1 502 "), answer.head());
            assertTrue(answer.head().contains("\r\nx-sluice-request-id: "), answer.head());
            assertFalse(answer.text().contains("127.0.0.1"), answer.text());
        }
    }
}
