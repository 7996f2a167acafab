// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Http2Peer.Frame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Attacks of a hostile downstream over HTTP/2, in raw frames. */
class Http2AttackIT extends RelayFixture {
    private static final int PROTOCOL_ERROR = 1;
    private static final int CANCEL = 8;
    private static final int ENHANCE_YOUR_CALM = 11;
    private static final String[] HEAD = {":method", "POST", ":scheme", "http", ":authority", "a", ":path",
        "/v1/responses", "content-type", "application/json"};

    private Http2Peer open() throws IOException {
        return new Http2Peer(connect()).open();
    }

    /** Writes until the relay closes the connection, and returns the error code of the relay's GOAWAY. */
    private static int errorOf(Http2Peer peer, byte[] flood) throws IOException {
        Thread writer = new Thread(() -> {
            try {
                for (int i = 0; i < 50; i++) {
                    peer.raw().write(flood);
                }
            } catch (IOException expected) {
                // closed by the relay, as expected
            }
        });
        writer.start();
        try {
            Frame frame = peer.read(); // acknowledges nothing, because the relay may have closed already
            while (frame.type() != Http2Peer.GOAWAY) {
                frame = peer.read();
            }
            return frame.error();
        } finally {
            peer.close();
        }
    }

    private static byte[] repeat(int times, byte[] frame) {
        ByteBuffer all = ByteBuffer.allocate(times * frame.length);
        for (int i = 0; i < times; i++) {
            all.put(frame);
        }
        return all.array();
    }

    /** CVE-2023-44487, Rapid Reset. */
    @Test
    void shouldEndARapidReset() throws Exception {
        launch();
        upstream.always(RawPeer::awaitClose);
        Http2Peer peer = open();
        ByteArrayOutputStream flood = new ByteArrayOutputStream();
        for (int i = 0; i < 400; i++) {
            int stream = 2 * i + 1;
            flood.writeBytes(Http2Peer.frame(Http2Peer.HEADERS, Http2Peer.END_HEADERS, stream,
                    peer.encode(stream, HEAD)));
            flood.writeBytes(Http2Peer.frame(Http2Peer.RST_STREAM, 0, stream, new byte[] {0, 0, 0, CANCEL}));
        }
        peer.raw().write(flood.toByteArray());

        assertEquals(ENHANCE_YOUR_CALM, peer.await(Http2Peer.GOAWAY).error());
        peer.close();
    }

    /** CVE-2025-55163, MadeYouReset: the downstream makes the relay reset the streams. */
    @Test
    void shouldEndStreamsThatItIsMadeToReset() throws Exception {
        launch();
        upstream.always(RawPeer::awaitClose);
        Http2Peer peer = open();
        ByteArrayOutputStream flood = new ByteArrayOutputStream();
        for (int i = 0; i < 400; i++) {
            int stream = 2 * i + 1;
            flood.writeBytes(Http2Peer.frame(Http2Peer.HEADERS, Http2Peer.END_HEADERS, stream,
                    peer.encode(stream, HEAD)));
            flood.writeBytes(Http2Peer.frame(Http2Peer.WINDOW_UPDATE, 0, stream, new byte[4])); // 0 is an error
        }
        peer.raw().write(flood.toByteArray());

        assertEquals(ENHANCE_YOUR_CALM, peer.await(Http2Peer.GOAWAY).error());
        peer.close();
    }

    @ParameterizedTest
    @CsvSource({"PING,6,8,0", "SETTINGS,4,0,0", "PRIORITY,2,5,1", "unknown,99,0,0"})
    void shouldEndAFloodOfControlFrames(String name, int type, int length, int stream) throws Exception {
        launch();
        byte[] payload = new byte[length];
        if (length == 5) {
            payload[3] = 3; // depends on another stream
        }
        assertEquals(ENHANCE_YOUR_CALM, errorOf(open(), repeat(2000, Http2Peer.frame(type, 0, stream, payload))), name);
    }

    /** CVE-2026-33871 and similar attacks: a header block that does not end. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16_000})
    void shouldEndAHeaderBlockThatDoesNotEnd(int continuationBytes) throws Exception {
        launch();
        Http2Peer peer = open();
        peer.write(Http2Peer.HEADERS, 0, 1, peer.encode(1, HEAD));
        byte[] field = new byte[continuationBytes];
        if (continuationBytes > 2) { // literal fields whose names are in no table: 4 bytes each
            for (int i = 0; i + 3 < field.length; i += 4) {
                field[i + 1] = 1;
                field[i + 2] = 'x';
            }
        }
        int error = errorOf(peer, repeat(60, Http2Peer.frame(Http2Peer.CONTINUATION, 0, 1, field)));
        assertTrue(error == ENHANCE_YOUR_CALM || error == PROTOCOL_ERROR, "error " + error);
    }

    @Test
    void shouldEndAFloodOfEmptyDataFrames() throws Exception {
        launch();
        upstream.always(RawPeer::awaitClose);
        Http2Peer peer = open();
        peer.headers(1, false, HEAD);
        assertEquals(ENHANCE_YOUR_CALM, errorOf(peer, repeat(2000, Http2Peer.frame(Http2Peer.DATA, 0, 1,
                new byte[0]))));
    }

    /** Codex resets its stream at the terminal event. No matter how often, that is not an attack. */
    @Test
    void shouldNotMindResetsAfterAnAnswer() throws Exception {
        launch();
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(CREATED + COMPLETED));
                peer.write("0\r\n\r\n");
            }
        });
        try (Http2Peer peer = open()) {
            for (int i = 0; i < 300; i++) {
                int stream = peer.post(BODY);
                Frame frame = peer.await(Http2Peer.DATA);
                while (frame.stream() != stream) { // the end of the previous stream
                    frame = peer.await(Http2Peer.DATA);
                }
                if (!frame.isEnd()) {
                    peer.reset(stream, CANCEL);
                }
            }
            int last = peer.post(BODY);
            Frame frame = peer.await(Http2Peer.HEADERS);
            while (frame.stream() != last) {
                frame = peer.await(Http2Peer.HEADERS);
            }
            assertEquals("200", frame.headers().status().toString());
        }
    }

    @Test
    void shouldRefuseMoreStreamsThanItSaid() throws Exception {
        launch();
        upstream.always(RawPeer::awaitClose);
        try (Http2Peer peer = open()) {
            for (int i = 0; i < 129; i++) {
                peer.headers(2 * i + 1, false, HEAD);
            }
            Frame refused = peer.await(Http2Peer.RST_STREAM);
            assertEquals(257, refused.stream());
            assertEquals(7, refused.error()); // REFUSED_STREAM: it may be sent again
            peer.data(257, BODY, true); // was already on its way and breaks nothing
            peer.write(Http2Peer.PING, 0, 0, new byte[8]);
            assertEquals(Http2Peer.ACK, peer.await(Http2Peer.PING).flags());
        }
    }

    @Test
    void shouldAnswer431ToAHeadThatIsTooLarge() throws Exception {
        launch();
        try (Http2Peer peer = open()) {
            peer.request("GET", "/v1/models", null, "x-large", "y".repeat(16_300), "x-more", "z".repeat(300));
            assertEquals("431", peer.await(Http2Peer.HEADERS).headers().status().toString());
            assertTrue(peer.await(Http2Peer.DATA).text().contains("\"error\""));
        }
    }

    /** A field that could become a line of its own upstream, or that is ambiguous, never becomes part of a request. */
    @ParameterizedTest
    @CsvSource({"x-a,b\\r\\nhost: c", "x-a,b\\u0000", "x-a,' b'", "'x a',b", "host,elsewhere", "connection,close",
        "transfer-encoding,chunked", "te,gzip", "X-A,b", ":protocol,websocket"})
    void shouldResetAMalformedRequest(String name, String value) throws Exception {
        launch();
        String raw = value.replace("\\r", "\r").replace("\\n", "\n").replace("\\u0000", "\0");
        try (Http2Peer peer = open()) {
            peer.request("GET", "/v1/models", null, name, raw);
            Frame answer = peer.next();
            assertEquals(Http2Peer.RST_STREAM, answer.type(), () -> "type of " + answer);
            assertEquals(PROTOCOL_ERROR, answer.error());
        }
        assertEquals(0, upstream.connections());
    }

    @ParameterizedTest
    @CsvSource({"'/v1/models x',400", "*,400", "http://a/v1/models,400", "/v1/models#x,400"})
    void shouldRefuseATargetThatIsNoPath(String path, String status) throws Exception {
        launch();
        try (Http2Peer peer = open()) {
            peer.request("GET", path, null);
            assertEquals(status, peer.await(Http2Peer.HEADERS).headers().status().toString());
            assertTrue(peer.await(Http2Peer.DATA).text().contains(":path"));
        }
    }

    /** Ambiguous heads are refused as over HTTP/1.1. */
    @ParameterizedTest
    @CsvSource({"authorization, Bearer a, authorization, Bearer a", "authorization, Bearer a, authorization, Basic b"})
    void shouldRefuseTwoAuthorizations(String name, String value, String otherName, String otherValue)
            throws Exception {
        launch();
        try (Http2Peer peer = open()) {
            peer.request("POST", "/v1/responses", "{}", name, value, otherName, otherValue);
            assertEquals("400", peer.await(Http2Peer.HEADERS).headers().status().toString());
        }
        assertEquals(0, upstream.connections());
    }

    /** Two lengths are one on neither protocol, even if they are equal: reset by Netty, or refused. */
    @Test
    void shouldRefuseTwoLengths() throws Exception {
        launch();
        try (Http2Peer peer = open()) {
            peer.request("POST", "/v1/responses", "{}", "content-length", "2", "content-length", "2");
            Frame answer = peer.next();
            assertTrue(answer.type() == Http2Peer.RST_STREAM
                    || answer.headers().status().toString().equals("400"), () -> "type of " + answer);
        }
        assertEquals(0, upstream.connections());
    }

    @ParameterizedTest
    @CsvSource({"a b", "a/b", "user@a", "a:b", "http://a"})
    void shouldRefuseAnAuthorityThatIsNoHost(String authority) throws Exception {
        launch();
        try (Http2Peer peer = open()) {
            int stream = 1;
            peer.headers(stream, true, ":method", "GET", ":scheme", "http", ":authority", authority, ":path", "/v1/x");
            assertEquals("400", peer.await(Http2Peer.HEADERS).headers().status().toString());
        }
    }

    @Test
    void shouldRefuseATargetThatIsTooLong() throws Exception {
        launch();
        try (Http2Peer peer = open()) {
            peer.request("GET", "/" + "x".repeat(9000), null);
            assertEquals("414", peer.await(Http2Peer.HEADERS).headers().status().toString());
        }
    }

    @Test
    void shouldCloseAConnectionThatSaysNothingAfterItsPreface() throws Exception {
        launch();
        try (RawPeer silent = connect(); RawPeer cut = connect()) {
            silent.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            cut.write("PR");
            assertEquals(Http2Peer.SETTINGS, silent.readBytes(9)[3]);
            try (RawPeer later = connect()) { // is accepted after both
                later.write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").readMessage();
            }
            time.advance(Duration.ofSeconds(12));

            assertFalse(silent.readAll().isEmpty()); // the rest of SETTINGS, and GOAWAY
            assertEquals("", cut.readAll());
        }
    }

    /**
     * If the upstream takes nothing of a body, the relay grants no more window, and the rest stays with the downstream.
     */
    @Test
    void shouldNotTakeMoreOfABodyThanItsWindow() throws Exception {
        launch();
        CountDownLatch isDone = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readHead();
            assertTrue(isDone.await(20, TimeUnit.SECONDS));
        });
        try (Http2Peer peer = open()) {
            peer.headers(1, false, HEAD);
            byte[] piece = new byte[16_384];
            java.util.Arrays.fill(piece, (byte) 'x');
            peer.data(1, "{\"model\":\"gpt-5.2\",\"input\":\"", false);
            int sent = 0;
            peer.raw().socket().setSoTimeout(1000);
            try {
                for (; sent < 4096; sent++) {
                    peer.awaitWindow(1, piece.length);
                    peer.data(1, piece, false);
                }
            } catch (java.net.SocketTimeoutException expected) {
                // no more window
            }
            assertTrue(sent < 2048, "frames: " + sent); // only what the sockets hold, not 64 MiB
        } finally {
            isDone.countDown();
        }
    }

    /** Answers without a body need no window. The relay stops reading from a downstream that does not read them. */
    @Test
    void shouldStopReadingFromWhoeverDoesNotReadItsAnswers() throws Exception {
        launch();
        try (RawPeer raw = connect()) {
            raw.socket().setReceiveBufferSize(4096);
            Http2Peer peer = new Http2Peer(raw).open();
            byte[] first = peer.encode(1, ":method", "HEAD", ":scheme", "http", ":authority", "a", ":path", "/x");
            peer.write(Http2Peer.HEADERS, Http2Peer.END_HEADERS | Http2Peer.END_STREAM, 1, first);
            byte[] next = peer.encode(3, ":method", "HEAD", ":scheme", "http", ":authority", "a", ":path", "/x");
            AtomicInteger stream = new AtomicInteger(3);
            Thread writer = new Thread(() -> {
                try {
                    while (true) {
                        ByteArrayOutputStream batch = new ByteArrayOutputStream();
                        for (int i = 0; i < 20; i++) {
                            batch.writeBytes(Http2Peer.frame(Http2Peer.HEADERS, Http2Peer.END_HEADERS
                                    | Http2Peer.END_STREAM, stream.getAndAdd(2), next));
                        }
                        raw.write(batch.toByteArray());
                    }
                } catch (IOException closed) {
                    // the relay closes the connection in the end
                }
            });
            writer.start();
            Await.untilSteady(() -> (long) stream.get()); // the sockets in between are full
            time.advance(Duration.ofSeconds(61));
            time.advance(Duration.ofSeconds(61));
            writer.join(TimeUnit.SECONDS.toMillis(20)); // the relay closes a connection that takes nothing
            assertFalse(writer.isAlive());
        }
    }

    @Test
    void shouldResetAConnect() throws Exception {
        launch();
        try (Http2Peer peer = open()) {
            peer.headers(1, true, ":method", "CONNECT", ":authority", "a:443");
            assertEquals(Http2Peer.RST_STREAM, peer.next().type());
            peer.request("GET", "/v1/models", null);
        }
    }

    /** SETTINGS may make windows negative. An answer that cannot end then does not stay open forever. */
    @Test
    void shouldNotKeepAnswersThatCannotEnd() throws Exception {
        launch();
        CountDownLatch isShut = new CountDownLatch(1);
        CountDownLatch isOver = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(CREATED));
            assertTrue(isShut.await(20, TimeUnit.SECONDS));
            peer.write("0\r\n\r\n");
            isOver.countDown();
            peer.awaitClose();
        });
        try (Http2Peer peer = open()) {
            int stream = peer.post(BODY);
            peer.await(Http2Peer.DATA);
            peer.settings(4, 0);
            peer.await(Http2Peer.SETTINGS); // acknowledged
            isShut.countDown();
            assertTrue(isOver.await(20, TimeUnit.SECONDS));
            time.settle();
            time.advance(Duration.ofSeconds(61));
            assertEquals(stream, peer.await(Http2Peer.RST_STREAM).stream());
        }
    }

    /** A connection with short requests is not idle, no matter when the timer looks. */
    @Test
    void shouldNotTakeABusyConnectionForIdle() throws Exception {
        launch();
        try (Http2Peer peer = open()) {
            for (int i = 0; i < 12; i++) {
                int stream = peer.request("GET", "/v1/models", null);
                Frame frame = peer.next();
                while (!frame.isEnd()) {
                    assertEquals(stream, frame.stream());
                    frame = peer.next();
                }
                time.advance(Duration.ofSeconds(10));
            }
            time.advance(Duration.ofSeconds(76));
            assertEquals(Integer.MAX_VALUE, peer.await(Http2Peer.GOAWAY).lastStream()); // now it is idle
        }
    }

    /** DATA that is on its way when an upload is refused causes no further resets; many would end the connection. */
    @Test
    void shouldNotMindWhatFollowsARefusedUpload() throws Exception {
        launch();
        try (Http2Peer peer = open()) {
            byte[] piece = new byte[1000];
            for (int i = 0; i < 30; i++) {
                int stream = 2 * i + 1;
                peer.headers(stream, false, ":method", "POST", ":scheme", "http", ":authority", "a", ":path", "/x");
                while (!peer.next().isEnd()) {
                    // the answer
                }
                for (int j = 0; j < 90; j++) { // read and dropped; the relay resets the stream after 2 s
                    peer.data(stream, piece, false);
                }
                time.settle();
                time.advance(Duration.ofMillis(2100));
                assertEquals(0, peer.await(Http2Peer.RST_STREAM).error());
            }
            peer.write(Http2Peer.PING, 0, 0, new byte[8]);
            assertEquals(Http2Peer.ACK, peer.await(Http2Peer.PING).flags());
        }
    }

    /** A burst over the limit, as before the arrival of the relay's SETTINGS, does not harm other requests. */
    @Test
    void shouldSurviveABurstOfStreamsOverItsLimit() throws Exception {
        launch();
        upstream.always(RawPeer::awaitClose);
        try (Http2Peer peer = open()) {
            ByteArrayOutputStream burst = new ByteArrayOutputStream();
            for (int i = 0; i < 250; i++) {
                int stream = 2 * i + 1;
                burst.writeBytes(Http2Peer.frame(Http2Peer.HEADERS, Http2Peer.END_HEADERS, stream,
                        peer.encode(stream, HEAD)));
                burst.writeBytes(Http2Peer.frame(Http2Peer.DATA, 0, stream, new byte[] {' ', ' '}));
            }
            peer.raw().write(burst.toByteArray());
            for (int i = 0; i < 250 - 128; i++) {
                assertEquals(7, peer.await(Http2Peer.RST_STREAM).error());
            }
            peer.write(Http2Peer.PING, 0, 0, new byte[8]);
            assertEquals(Http2Peer.ACK, peer.await(Http2Peer.PING).flags());
        }
    }
}
