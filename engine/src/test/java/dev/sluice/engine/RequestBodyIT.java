// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.LimitConfig;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A request body on its way upstream: held or cut through, edited in place, never complete unless it is valid. */
class RequestBodyIT extends RelayFixture {
    private static final String ANSWER = eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n";
    private static final String FILLER = "x".repeat(10 * 1024 * 1024);

    private final BlockingQueue<RawPeer.Message> requests = new LinkedBlockingQueue<>();

    private void launchAliased() {
        launch(route -> route.withUpstreamModel("vendor/real-model"), builder -> builder);
        upstream.always(peer -> {
            while (true) {
                requests.add(peer.readMessage());
                peer.write(ANSWER);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldEditABodyWhoseModelIsLast(boolean isChunked) throws Exception {
        launchAliased();
        String body = "{\"input\":\"" + FILLER + "\", \"model\" : \"gpt-5.2\" }";

        try (RawPeer client = connect()) {
            send(client, body, isChunked);
            assertEquals(CREATED + COMPLETED, client.readMessage().text());
        }

        RawPeer.Message received = requests.poll(20, TimeUnit.SECONDS);
        assertTrue(body.replace("\"gpt-5.2\"", "\"vendor/real-model\"").equals(received.text()));
        // The end of a chunked body may come in a read of its own, when its beginning has already been forwarded.
        assertTrue(isChunked || received.head().contains("\r\ncontent-length: "), received.head());
    }

    private static void send(RawPeer client, String body, boolean isChunked) throws IOException {
        if (!isChunked) {
            client.write(post(body));
            return;
        }
        client.write(post("Transfer-Encoding: chunked\r\n", ""));
        for (int i = 0; i < body.length(); i += 100_001) {
            client.write(chunk(body.substring(i, Math.min(body.length(), i + 100_001))));
        }
        client.write("0\r\nX-Trailer: 1\r\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldCutThroughABodyWhoseModelIsFirst(boolean isChunked) throws Exception {
        launch(route -> route.withUpstreamModel("vendor/real-model"), builder -> builder);
        CountDownLatch someArrived = new CountDownLatch(1);
        upstream.then(peer -> {
            String head = peer.readHead();
            assertEquals(isChunked, head.contains("\r\ntransfer-encoding: chunked\r\n"), head);
            String start = peer.readUntil("xxxx");
            String withoutFraming = start.replaceAll("[0-9a-f]*\r\n", "");
            assertTrue(withoutFraming.endsWith("{\"model\":\"vendor/real-model\",\"input\":\"xxxx"), start);
            someArrived.countDown();
            requests.add(new RawPeer.Message(head, peer.readUntil("\"end\":true}").getBytes("ISO-8859-1")));
            if (isChunked) {
                peer.readUntil("0\r\n\r\n");
            }
            peer.write(ANSWER);
            peer.awaitClose();
        });
        String body = "{\"model\":\"gpt-5.2\",\"input\":\"" + FILLER + "\",\"end\":true}";
        int half = body.length() / 2;

        try (RawPeer client = connect()) {
            if (isChunked) {
                client.write(post("Transfer-Encoding: chunked\r\n", chunk(body.substring(0, half))));
            } else {
                client.write(post("Content-Length: " + body.length() + "\r\n", body.substring(0, half)));
            }
            assertTrue(someArrived.await(20, TimeUnit.SECONDS), "nothing arrived before the last byte was sent");
            String rest = body.substring(half);
            client.write(isChunked ? chunk(rest) + "0\r\n\r\n" : rest);

            assertEquals(CREATED + COMPLETED, client.readMessage().text());
        }
        RawPeer.Message received = requests.poll(20, TimeUnit.SECONDS);
        if (!isChunked) {
            assertEquals(body.length() - "{\"model\":\"gpt-5.2\",\"input\":\"xxxx".length(), received.body().length);
            assertTrue(received.head().contains("content-length: " + (body.length() + 10) + "\r\n"), received.head());
        }
    }

    /** The whole body is one edit: messages become input. */
    @ParameterizedTest
    @ValueSource(ints = {70_000, 1_000_000})
    void shouldSendAnEditThatIsLongerThanAStep(int length) throws Exception {
        launch(route -> route.withProfile("codex-lb"), builder -> builder);
        upstream.always(peer -> {
            while (true) {
                requests.add(peer.readMessage());
                peer.write(ANSWER);
            }
        });
        String text = FILLER.substring(0, length);

        try (RawPeer client = connect()) {
            client.write(post("{\"model\":\"gpt-5.2\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\""
                    + text + "\"}]}"));
            assertEquals(CREATED + COMPLETED, client.readMessage().text());
        }

        String received = requests.poll(20, TimeUnit.SECONDS).text();
        assertTrue(received.contains("\"input\":") && received.contains('"' + text + '"'), "not sent");
    }

    /** A flush that makes room at once resumes the body from within the flush. */
    @Test
    void shouldEndAChunkedRequestOnce() throws Exception {
        launch(route -> route.withProfile("codex-lb"), builder -> builder);
        CountDownLatch hasBegun = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readUntil("xxxx");
            hasBegun.countDown();
            peer.readUntil("0\r\n\r\n");
            peer.write(ANSWER);
            requests.add(peer.readMessage());
            peer.write(ANSWER);
            peer.awaitClose();
        });
        String beginning = "{\"model\":\"gpt-5.2\",\"stream\":true,\"input\":[{\"role\":\"assistant\","
                + "\"type\":\"message\",\"content\":[\"" + FILLER.substring(0, 70_000) + '"';
        String rest = ",\"a\"".repeat(15_000) + "]}]}"; // half a megabyte after the edits

        try (RawPeer client = connect()) {
            client.write(post("Content-Length: " + (beginning.length() + rest.length()) + "\r\n", beginning));
            assertTrue(hasBegun.await(20, TimeUnit.SECONDS), "nothing arrived before the last byte was sent");
            client.write(rest);
            assertEquals(CREATED + COMPLETED, client.readMessage().text());

            client.write(post(BODY));
            assertEquals(CREATED + COMPLETED, client.readMessage().text());
        }

        String next = requests.poll(20, TimeUnit.SECONDS).head();
        assertTrue(next.startsWith("POST "), next);
    }

    /** A body that turns out invalid at its end never reaches the upstream as a complete request. */
    @ParameterizedTest
    @ValueSource(strings = {",\"model\":\"gpt-5.2\"}", "", "}{", "}x"})
    void shouldNeverCompleteAnInvalidRequestUpstream(String end) throws Exception {
        launch();
        CountDownLatch upstreamSawClose = new CountDownLatch(1);
        upstream.then(peer -> {
            String head = peer.readHead();
            int length = Integer.parseInt(head.replaceAll("(?s).*content-length: (\\d+)\r\n.*", "$1"));
            int received = peer.in().readNBytes(length).length;
            assertTrue(received < length, "complete");
            upstreamSawClose.countDown();
        });
        String body = "{\"model\":\"gpt-5.2\",\"input\":\"" + FILLER.substring(0, 300_000) + "\"" + end;

        try (RawPeer client = connect()) {
            RawPeer.Message answer = client.write(post(body)).readMessage();

            assertTrue(answer.head().startsWith("HTTP/1.1 400 "), answer.head());
            assertTrue(answer.text().contains("\"code\":\"invalid_json\""), answer.text());
        }
        assertTrue(upstreamSawClose.await(20, TimeUnit.SECONDS));
    }

    /**
     * A flood of one-byte chunks costs about as much memory as its bytes, not an object and a read buffer per chunk.
     */
    @Test
    void shouldHoldManySmallChunksCheaply() throws Exception {
        launchAliased();
        String flood = "1\r\nx\r\n".repeat(400_000);

        try (RawPeer client = connect()) {
            client.write(post("Transfer-Encoding: chunked\r\n", chunk("{\"input\":\"")));
            client.write(flood);
            long heldBytes = ((io.netty.buffer.PooledByteBufAllocator) relay.allocator()).metric().usedDirectMemory();
            client.write(chunk("\",\"model\":\"gpt-5.2\"}") + "0\r\n\r\n");

            assertEquals(CREATED + COMPLETED, client.readMessage().text());
            assertTrue(heldBytes < 8 * 1024 * 1024, "held: " + heldBytes);
        }
        assertTrue(requests.poll(20, TimeUnit.SECONDS).text().contains("x".repeat(400_000)));
    }

    @Test
    void shouldHoldALengthThatIsOverTheLimits() throws Exception {
        launch(route -> route, builder -> builder.limits(LimitConfig.DEFAULT.withMaxBodyBytes(1000)
                .withMaxHeldBytes(500)));
        String over = "{\"input\":\"" + "x".repeat(1000) + "\"}";

        try (RawPeer declared = connect(); RawPeer streamed = connect(); RawPeer held = connect()) {
            String byLength = declared.write(post(over)).readMessage().head();
            String asItStreams = streamed.write(post("Transfer-Encoding: chunked\r\n", chunk(over))).readMessage()
                    .head();
            RawPeer.Message withoutModel = held.write(post(over.substring(0, 600) + "\"}")).readMessage();

            assertTrue(byLength.startsWith("HTTP/1.1 413 "), byLength);
            assertTrue(asItStreams.startsWith("HTTP/1.1 413 "), asItStreams);
            assertTrue(withoutModel.head().startsWith("HTTP/1.1 413 "), withoutModel.head());
            assertTrue(withoutModel.text().contains("model: not within"), withoutModel.text());
        }
    }

    @Test
    void shouldAnswerExpectOnlyAfterTheHeadChecks() throws Exception {
        launchAliased();
        try (RawPeer client = connect(); RawPeer refused = connect()) {
            client.write(post("Expect: 100-continue\r\nContent-Length: " + BODY.length() + "\r\n", ""));
            assertEquals("HTTP/1.1 100 Continue\r\n\r\n", client.readHead());
            client.write(BODY);
            assertEquals(CREATED + COMPLETED, client.readMessage().text());
            assertFalse(requests.poll(20, TimeUnit.SECONDS).head().contains("xpect"));

            refused.write(post("Expect: 100-continue\r\nContent-Encoding: br\r\nContent-Length: 10\r\n", ""));
            assertTrue(refused.readMessage().head().startsWith("HTTP/1.1 400 "));
            assertEquals("", refused.readAll());
        }
    }

    /** The head of an early success is held until the end of the request. */
    @Test
    void shouldHoldAnEarlySuccess() throws Exception {
        launch();
        String body = "{\"model\":\"gpt-5.2\",\"input\":\"" + FILLER + "\"}";
        upstream.then(peer -> {
            int length = Integer.parseInt(peer.readHead().replaceAll("(?s).*content-length: (\\d+)\r\n.*", "$1"));
            peer.write(eventStreamHead());
            peer.readBytes(length);
            peer.write(chunk(CREATED + COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            assertEquals(CREATED + COMPLETED, client.write(post(body)).readMessage().text());
        }
    }

    /** An early error is relayed even though the request is not complete. */
    @Test
    void shouldRelayAnEarlyError() throws Exception {
        launch();
        upstream.then(peer -> {
            peer.readUntil("xxxx");
            peer.write("HTTP/1.1 413 Too Large\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
            peer.awaitClose();
        });
        String body = "{\"model\":\"gpt-5.2\",\"input\":\"" + FILLER + "\"}";

        try (RawPeer client = connect()) {
            client.write(post("Content-Length: " + body.length() + "\r\n", body.substring(0, 200_000)));
            RawPeer.Message answer = client.readMessage();

            assertTrue(answer.head().startsWith("HTTP/1.1 413 Too Large\r\n"), answer.head());
            assertTrue(answer.head().contains("\r\nconnection: close\r\n"), answer.head());
        }
    }
}
