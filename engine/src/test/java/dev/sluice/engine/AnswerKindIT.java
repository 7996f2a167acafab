// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import dev.sluice.engine.spi.UsageRecord;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.util.Locale;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** P14: what an answer is, by its label, by its first bytes and through its coding. */
class AnswerKindIT extends RelayFixture {
    private static final String STREAM = CREATED + DELTA + COMPLETED;
    private static final String JSON_BODY = BODY.replace("true", "false");

    private void serve(String headers, byte[] body, int stepBytes) {
        upstream.always(peer -> {
            peer.readMessage();
            try {
                peer.write("HTTP/1.1 200 OK\r\n" + headers + "Transfer-Encoding: chunked\r\n\r\n");
                for (int i = 0; i < body.length; i += stepBytes) {
                    int step = Math.min(stepBytes, body.length - i);
                    peer.write(Integer.toHexString(step) + "\r\n" + new String(body, i, step, ISO_8859_1) + "\r\n");
                }
                peer.write("0\r\n\r\n");
            } catch (SocketException refused) {
                peer.close(); // the relay has seen enough: what follows is not wanted
                return;
            }
            peer.close();
        });
    }

    private RawPeer.Message ask(String headers, String body) throws IOException {
        try (RawPeer client = connect()) {
            return client.write(post(headers + "Content-Length: " + body.length() + "\r\n", body)).readMessage();
        }
    }

    private static String status(RawPeer.Message answer) {
        return answer.head().substring(9, 12);
    }

    /** A stream without a label is one, with all that follows from that, however its bytes are cut. */
    @ParameterizedTest
    @CsvSource({"'', 1000", "'', 1", "'Content-Type: application/octet-stream\r\n', 1000",
        "'Content-Type: text/plain; charset=utf-8\r\n', 3", "'Content-Type: text/x-own\r\n', 7"})
    void shouldKnowAStreamByItsFirstBytes(String label, int stepBytes) throws Exception {
        serve(label.translateEscapes(), STREAM.getBytes(UTF_8), stepBytes);
        launch();

        RawPeer.Message answer = ask("", BODY);

        assertEquals(STREAM, answer.text());
        String head = answer.head().toLowerCase(Locale.ROOT);
        assertTrue(head.contains("x-accel-buffering: no\r\n") && head.contains("cache-control: no-cache"), head);
        assertEquals(label.isEmpty(), !head.contains("content-type:"), head);
        UsageRecord record = takeUsage();
        assertEquals(8, record.usage().totalTokens());
        assertEquals("resp_1", record.responseId());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000})
    void shouldEndAStreamWithoutALabelHonestly(int stepBytes) throws Exception {
        serve("", (CREATED + DELTA).getBytes(UTF_8), stepBytes);
        launch();

        try (RawPeer client = connect()) {
            String received = client.write(post(BODY)).readAll();
            assertFalse(received.endsWith("0\r\n\r\n"), received);
        }
        assertFalse(takeUsage().isComplete());
    }

    /**
     * Bytes of another form are no stream, even if the request asked for one, and neither is a stream that it did not
     * ask for.
     */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                                | true  | plain text: no stream
            ''                                | true  | dat
            'Content-Type: text/html'         | true  | data: not a stream
            'Content-Type: application/json'  | true  | "data: not a stream"
            ''                                | false | data: not asked for
            'Content-Type: text/plain'        | false | event: not asked for
            """)
    void shouldEndAnotherBodyByItsFraming(String label, boolean isAsked, String body) throws Exception {
        serve(label.isEmpty() ? "" : label + "\r\n", body.getBytes(UTF_8), 2);
        launch();

        RawPeer.Message answer = ask("", isAsked ? BODY : JSON_BODY);

        assertEquals(body, answer.text());
        boolean mayBe = body.equals("dat"); // the head was sent before the end showed that this is no stream
        assertEquals(mayBe, answer.head().toLowerCase(Locale.ROOT).contains("x-accel-buffering"), answer.head());
        assertNull(takeUsage().usage());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000})
    void shouldCollectAStreamWithoutALabel(int stepBytes) throws Exception {
        serve("", STREAM.getBytes(UTF_8), stepBytes);
        launch(route -> route.withProfile("codex-lb"), builder -> builder);

        RawPeer.Message answer = ask("", JSON_BODY);

        assertEquals("200", status(answer), answer.text());
        assertTrue(answer.head().contains("application/json"), answer.head());
        assertTrue(answer.text().contains("\"status\":\"completed\""), answer.text());
    }

    private static byte[] encode(String coding, String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        switch (coding) {
            case "zstd" -> {
                return Zstd.compress(bytes);
            }
            case "deflate" -> {
                try (DeflaterOutputStream deflate = new DeflaterOutputStream(out)) {
                    deflate.write(bytes);
                }
            }
            case "gzip" -> {
                try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                    gzip.write(bytes);
                }
            }
            default -> out.writeBytes(bytes);
        }
        return out.toByteArray();
    }

    private static String label(String kind, String coding) {
        return "Content-Type: " + (kind.equals("stream") ? "text/event-stream" : "application/json")
                + "\r\nContent-Encoding: " + coding + "\r\nETag: \"e\"\r\n";
    }

    /** A coded answer passes where it is accepted, and is decoded where it is not; it is understood either way. */
    @ParameterizedTest
    @CsvSource({
        "stream, gzip, gzip, 1000", "stream, gzip, '', 1000", "stream, gzip, 'br, gzip;q=0', 1",
        "stream, zstd, '', 100",
        "stream, zstd, zstd, 1", "stream, deflate, identity, 10", "stream, deflate, *, 10",
        "document, gzip, gzip, 1000", "document, gzip, '', 5", "document, zstd, '', 1000",
        "document, deflate, deflate, 7",
    })
    void shouldUnderstandACodedAnswer(String kind, String coding, String accepted, int stepBytes) throws Exception {
        String text = kind.equals("stream") ? STREAM : "{\"id\":\"resp_1\",\"status\":\"completed\",\"usage\":"
                + "{\"input_tokens\":3,\"output_tokens\":5,\"total_tokens\":8}}";
        byte[] coded = encode(coding, text);
        serve(label(kind, coding), coded, stepBytes);
        launch();
        boolean isPassed = accepted.equals(coding) || accepted.equals("*");

        RawPeer.Message answer = ask(accepted.isEmpty() ? "" : "Accept-Encoding: " + accepted + "\r\n",
                kind.equals("stream") ? BODY : JSON_BODY);

        assertArrayEquals(isPassed ? coded : text.getBytes(UTF_8), answer.body());
        String head = answer.head().toLowerCase(Locale.ROOT);
        assertEquals(isPassed, head.contains("content-encoding: " + coding), head);
        assertEquals(isPassed, head.contains("etag"), head);
        UsageRecord record = takeUsage();
        assertEquals(8, record.usage().totalTokens());
        assertEquals("resp_1", record.responseId());
        assertTrue(record.isComplete());
    }

    /** A coded stream without a terminal event is a loss like any other, and so is coding that breaks off. */
    @ParameterizedTest
    @CsvSource({"gzip, gzip, no terminal", "gzip, '', no terminal", "gzip, '', cut coding", "zstd, '', cut coding",
        "zstd, zstd, no terminal", "gzip, '', garbage"})
    void shouldEndACodedStreamHonestly(String coding, String accepted, String fault) throws Exception {
        byte[] coded = encode(coding, fault.equals("no terminal") ? CREATED + DELTA : STREAM + "x".repeat(5000));
        byte[] sent = fault.equals("cut coding") ? java.util.Arrays.copyOf(encode(coding, CREATED + DELTA), 150)
                : coded;
        if (fault.equals("garbage")) {
            sent = ("not coded at all" + CREATED).getBytes(UTF_8);
        }
        serve(label("stream", coding), sent, 1000);
        launch();

        try (RawPeer client = connect()) {
            String received = client.write(post((accepted.isEmpty() ? "" : "Accept-Encoding: " + accepted + "\r\n")
                    + "Connection: close\r\nContent-Length: " + BODY.length() + "\r\n", BODY)).readAll();
            assertTrue(received.startsWith("HTTP/1.1 502 ") || !received.endsWith("0\r\n\r\n"), received);
        }
        assertFalse(takeUsage().isComplete());
    }

    /** A coding that must be decoded and is unknown is refused, not passed on to a client that does not accept it. */
    @ParameterizedTest
    @CsvSource({"br, '', 502", "br, 'gzip, deflate', 502", "br, 'gzip, br', 200", "compress, *, 200",
        "'gzip, br', 'gzip, br', 200", "'gzip, br', gzip, 502"})
    void shouldRefuseACodingThatItCannotDecode(String coding, String accepted, String status) throws Exception {
        serve(label("document", coding), "coded".getBytes(UTF_8), 1000);
        launch();

        RawPeer.Message answer = ask(accepted.isEmpty() ? "" : "Accept-Encoding: " + accepted + "\r\n", JSON_BODY);

        assertEquals(status, status(answer), answer.text());
        assertEquals(status.equals("502"), answer.text().contains("upstream_malformed"), answer.text());
        assertNull(takeUsage().usage());
    }

    @ParameterizedTest
    @CsvSource({"gzip, '', 200", "gzip, gzip, 200", "zstd, zstd, 200", "br, br, 502", "br, '', 502"})
    void shouldCollectACodedStream(String coding, String accepted, String status) throws Exception {
        serve(label("stream", coding), encode(coding, STREAM), 10);
        launch(route -> route.withProfile("codex-lb"), builder -> builder);

        RawPeer.Message answer = ask(accepted.isEmpty() ? "" : "Accept-Encoding: " + accepted + "\r\n", JSON_BODY);

        assertEquals(status, status(answer), answer.text());
        assertTrue(answer.text().contains(status.equals("200") ? "\"status\":\"completed\"" : "upstream_malformed"),
                answer.text());
        assertFalse(answer.head().toLowerCase(Locale.ROOT).contains("content-encoding"), answer.head());
    }

    /** A bomb costs the relay no more than the cap of a request body. */
    @ParameterizedTest
    @CsvSource({"gzip", "''"})
    void shouldBoundWhatItDecodes(String accepted) throws Exception {
        byte[] bomb = encode("gzip", CREATED + ": " + "x".repeat(300 << 20));
        serve(label("stream", "gzip"), bomb, 100_000);
        launch();

        try (RawPeer client = connect()) {
            String received = client.write(post((accepted.isEmpty() ? "" : "Accept-Encoding: gzip\r\n")
                    + "Connection: close\r\nContent-Length: " + BODY.length() + "\r\n", BODY)).readAll();
            assertEquals(accepted.isEmpty(), !received.endsWith("0\r\n\r\n"), "ends with "
                    + received.substring(Math.max(0, received.length() - 20)));
            assertTrue(received.length() < 200 << 20);
        }
    }

    /** Decoding flushes what has arrived: each event is passed on when the upstream has sent it. */
    @ParameterizedTest
    @ValueSource(strings = {"gzip"})
    void shouldPassOnEachEventOfACodedStream(String coding) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        GZIPOutputStream gzip = new GZIPOutputStream(out, 512, true);
        gzip.write(CREATED.getBytes(UTF_8));
        gzip.flush();
        byte[] first = out.toByteArray();
        assertTrue(new String(new GZIPInputStream(new ByteArrayInputStream(first)).readNBytes(20), UTF_8)
                .startsWith("event:"));
        upstream.then(peer -> {
            peer.readMessage();
            peer.write("HTTP/1.1 200 OK\r\n" + label("stream", coding) + "Transfer-Encoding: chunked\r\n\r\n"
                    + Integer.toHexString(first.length) + "\r\n" + new String(first, ISO_8859_1) + "\r\n");
            peer.awaitClose();
        });
        launch();

        try (RawPeer client = connect()) {
            assertTrue(client.write(post(BODY)).readUntil(CREATED.substring(20)).contains("response.created"));
        }
    }
}
