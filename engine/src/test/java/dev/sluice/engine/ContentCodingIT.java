// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import dev.sluice.engine.config.LimitConfig;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** P9, R49: compressed bodies are decoded as they arrive, within limits, and forwarded as identity. */
class ContentCodingIT extends RelayFixture {
    private static final String ANSWER = ScriptedUpstream.eventStreamHead()
            + ScriptedUpstream.chunk(CREATED + COMPLETED) + "0\r\n\r\n";
    private static final int BOMB_BYTES = 200 * 1024 * 1024;

    private final BlockingQueue<RawPeer.Message> requests = new LinkedBlockingQueue<>();

    private void launchEcho() {
        launch(route -> route.withUpstreamModel("real"), builder -> builder);
        upstream.always(peer -> {
            while (true) {
                requests.add(peer.readMessage());
                peer.write(ANSWER);
            }
        });
    }

    private static byte[] encode(String codings, byte[] body) throws IOException {
        byte[] encoded = body;
        for (String coding : codings.split(",")) {
            encoded = switch (coding.trim()) {
                case "gzip", "x-gzip" -> through(encoded, 0);
                case "deflate" -> through(encoded, 1);
                case "raw" -> through(encoded, 2);
                case "zstd" -> Zstd.compress(encoded);
                default -> encoded;
            };
        }
        return encoded;
    }

    private static byte[] through(byte[] body, int kind) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        OutputStream coded = kind == 0 ? new GZIPOutputStream(out) : kind == 1 ? new DeflaterOutputStream(out)
                : new DeflaterOutputStream(out, new Deflater(6, true));
        try (coded) {
            coded.write(body);
        }
        return out.toByteArray();
    }

    private RawPeer.Message send(String codings, byte[] encoded, int stepBytes) throws IOException {
        try (RawPeer client = connect()) {
            client.write(post("Content-Encoding: " + codings + "\r\nContent-Length: " + encoded.length + "\r\n", ""));
            for (int i = 0; i < encoded.length; i += stepBytes) {
                client.write(java.util.Arrays.copyOfRange(encoded, i, Math.min(encoded.length, i + stepBytes)));
            }
            return client.readMessage();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "x-gzip", "GZIP", "deflate", "zstd", "gzip, zstd", "zstd, gzip", "identity",
        "identity, gzip", "gzip, gzip"})
    void shouldSendOnAsIdentity(String codings) throws Exception {
        launchEcho();
        String body = "{\"input\":\"" + "text \u00e9 ".repeat(40_000) + "\",\"model\":\"gpt-5.2\"}";
        byte[] encoded = encode(codings.toLowerCase(java.util.Locale.ROOT), body.getBytes(UTF_8));

        RawPeer.Message answer = send(codings, encoded, 1000);

        assertEquals(CREATED + COMPLETED, answer.text());
        RawPeer.Message received = requests.poll(20, TimeUnit.SECONDS);
        assertArrayEquals(body.replace("gpt-5.2", "real").getBytes(UTF_8), received.body());
        assertEquals(codings.equals("identity"), received.head().toLowerCase(java.util.Locale.ROOT)
                .contains("content-encoding"), received.head());
    }

    @Test
    void shouldDecodeDeflateWithoutItsZlibHeader() throws Exception {
        launchEcho();

        RawPeer.Message answer = send("deflate", encode("raw", BODY.getBytes(UTF_8)), 7);

        assertEquals(CREATED + COMPLETED, answer.text());
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "compress", "gzip, br", "gzip, gzip, gzip, gzip", "aws-chunked"})
    void shouldRefuseWhatItDoesNotDecode(String codings) throws Exception {
        launchEcho();

        assertRefused(send(codings, BODY.getBytes(UTF_8), 1000), 400, "unsupported_content_encoding");
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** Members and frames that follow each other are one body, however they are cut (RFC 1952 section 2.2). */
    @ParameterizedTest
    @CsvSource({"gzip, 1", "gzip, 10000", "zstd, 1", "zstd, 10000", "'gzip, zstd', 100", "'zstd, gzip', 100"})
    void shouldDecodeSeveralMembers(String codings, int stepBytes) throws Exception {
        launchEcho();
        byte[] first = encode(codings, BODY.substring(0, 9).getBytes(UTF_8));
        byte[] empty = encode(codings, new byte[0]);
        byte[] last = encode(codings, BODY.substring(9).getBytes(UTF_8));

        assertEquals(CREATED + COMPLETED, send(codings, concat(first, empty, last, empty), stepBytes).text());

        assertArrayEquals(BODY.replace("gpt-5.2", "real").getBytes(UTF_8),
                requests.poll(20, TimeUnit.SECONDS).body());
    }

    @Test
    void shouldRefuseAFloodOfMembers() throws Exception {
        launchEcho();
        byte[] empty = encode("gzip", new byte[0]);
        byte[][] flood = new byte[5000][];
        java.util.Arrays.fill(flood, empty);

        assertRefused(send("gzip", concat(flood), 10_000), 400, "invalid_content_encoding");
    }

    /** A body that is cut at any byte is refused in the same words, whatever its coding. */
    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "zstd"})
    void shouldRefuseABodyThatIsCut(String coding) throws Exception {
        launchEcho();
        byte[] encoded = concat(encode(coding, BODY.getBytes(UTF_8)));
        for (int length = 1; length < encoded.length; length++) {
            assertRefused(send(coding, java.util.Arrays.copyOf(encoded, length), 1000), 400,
                    "invalid_content_encoding");
        }
        assertTrue(requests.isEmpty());
    }

    @Test
    void shouldRefuseWhatIsNotWhatTheHeaderSays() throws Exception {
        launchEcho();
        byte[] gzip = encode("gzip", BODY.getBytes(UTF_8));
        byte[] corrupt = gzip.clone();
        corrupt[corrupt.length - 6] ^= 1; // in the checksum
        byte[] trailing = java.util.Arrays.copyOf(gzip, gzip.length + 3);
        byte[] cut = java.util.Arrays.copyOf(gzip, gzip.length - 3);
        byte[] zstd = encode("zstd", BODY.getBytes(UTF_8));
        zstd[4] ^= 0x77;

        for (byte[] wrong : new byte[][] {corrupt, trailing, cut, BODY.getBytes(UTF_8)}) {
            assertRefused(send("gzip", wrong, 1000), 400, "invalid_content_encoding");
        }
        assertRefused(send("zstd", zstd, 1000), 400, "invalid_content_encoding");
        assertTrue(requests.isEmpty());
    }

    /** A few kilobytes that decompress to 200 MB are refused early, and memory use stays low. */
    @ParameterizedTest
    @ValueSource(strings = {"zstd", "gzip", "gzip, gzip", "zstd, gzip", "gzip, zstd", "zstd, zstd"})
    void shouldRefuseABombEarly(String codings) throws Exception {
        launchEcho();
        byte[] bomb = encode(codings, ("{\"model\":\"gpt-5.2\",\"input\":\"" + "x".repeat(BOMB_BYTES) + "\"}")
                .getBytes(UTF_8));
        PooledByteBufAllocator buffers = (PooledByteBufAllocator) relay.allocator();
        long before = buffers.metric().usedDirectMemory() + buffers.metric().usedHeapMemory();

        RawPeer.Message answer = send(codings, bomb, 1024);

        assertRefused(answer, 413, "payload_too_large");
        long grown = buffers.metric().usedDirectMemory() + buffers.metric().usedHeapMemory() - before;
        assertTrue(grown < 24 * 1024 * 1024, "grown by " + grown);
        assertTrue(requests.isEmpty());
    }

    /** Fewer than 1,000 bytes that decompress to 1 GiB in three nested stages: no stage may run to its end. */
    @Test
    void shouldRefuseABombOfBombsBeforeItUnfolds() throws Exception {
        launchEcho();
        ByteArrayOutputStream gigabyte = new ByteArrayOutputStream();
        try (OutputStream zeros = new com.github.luben.zstd.ZstdOutputStream(gigabyte)) {
            for (int i = 0; i < 1024; i++) {
                zeros.write(new byte[1024 * 1024]);
            }
        }
        byte[] bomb = encode("zstd, zstd", gigabyte.toByteArray());
        assertTrue(bomb.length < 1000, "bytes: " + bomb.length);

        assertRefused(send("zstd, zstd, zstd", bomb, 1024), 413, "payload_too_large");
    }

    /** Encoded bytes count against the limit even if they never decode to anything. */
    @Test
    void shouldCountTheBytesThatComeToo() throws Exception {
        launch(route -> route, builder -> builder.limits(LimitConfig.DEFAULT.withMaxBodyBytes(10_000)));
        byte[] endless = new byte[20_000]; // a gzip header whose file name never ends
        java.util.Arrays.fill(endless, (byte) 'n');
        System.arraycopy(new byte[] {31, -117, 8, 8, 0, 0, 0, 0, 0, 0}, 0, endless, 0, 10);

        try (RawPeer client = connect()) {
            client.write(post("Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", ScriptedUpstream.chunk(
                    new String(endless, java.nio.charset.StandardCharsets.ISO_8859_1))));
            assertRefused(client.readMessage(), 413, "payload_too_large");
        }
    }

    @Test
    void shouldRefuseWhatIsTooLongDecoded() throws Exception {
        launch(route -> route, builder -> builder.limits(LimitConfig.DEFAULT.withMaxBodyBytes(10_000)));
        String body = "{\"model\":\"gpt-5.2\",\"input\":\"" + "ab1c2".repeat(2_500) + "\"}";

        assertRefused(send("gzip", encode("gzip", body.getBytes(UTF_8)), 1000), 413, "payload_too_large");
    }

    /** A body over the limit is refused by its Content-Length alone, and the relay asks for none of it. */
    @Test
    void shouldRefuseALongBodyByItsLengthAlone() throws Exception {
        launch();
        try (RawPeer client = connect()) {
            client.write(post("Expect: 100-continue\r\nContent-Length: " + BOMB_BYTES + "\r\n", ""));
            RawPeer.Message answer = client.readMessage();

            assertRefused(answer, 413, "payload_too_large");
            assertFalse(answer.head().contains("100 Continue"));
        }
    }

    private static void assertRefused(RawPeer.Message answer, int status, String code) {
        assertTrue(answer.head().startsWith("HTTP/1.1 " + status + ' '), () -> answer.head() + answer.text());
        assertTrue(answer.text().contains("\"code\":\"" + code + '"'), answer.text());
    }
}
