// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.protocol.framing.FramingException;
import dev.sluice.protocol.framing.HeadScanner;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The oracle is Netty's decoder, with its strictest settings: of a head that the scanner accepts, both make the same
 * message, except for framing that Netty refuses or repairs. That is refused by the check of the head, which reads it
 * from the message.
 */
class HeadParserTest {
    private static final int MAX_BYTES = 64 * 1024;
    private static final String[] NAMES = {"Content-Type", "content-type", "CONTENT-TYPE", "accept", "X-Request-ID",
        "x-request-id", "x", "session_id", "X-Stainless-Lang", "openai-organization", "a.b!c", "Host2", "date",
        "authorization"};
    private static final String[] VALUES = {"", " ", "application/json", " application/json \t", "\t*/*", "keep-alive",
        "a b  c", "k\u00e4se", "x:y:z", "Bearer sk-0123456789", "no-cache, no-transform", "keep-alivE", ":", "1", "0",
        "q".repeat(300)};

    @ParameterizedTest
    @ValueSource(strings = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nPOST /v1/responses?x=1 HTTP/1.1\r\nhost:a\r\ncontent-length: 12\r\n\r\n",
        "PATCH http://a/v1 HTTP/1.0\r\n\r\n",
        "M-SEARCH * HTTP/1.1\r\nHost: a:80\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /v1/responses HTTP/1.1\r\nhost: a\r\nAuthorization: Bearer x\r\nauthorization: Bearer y\r\n\r\n"})
    void shouldDecodeRequestsAsNettyDoes(String head) {
        assertSameRequest(head);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.0 404 Not Found\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 Fine\r\ncontent-type: text/event-stream; charset=utf-8\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 3\r\nRetry-After: 4\r\n\r\n",
        "HTTP/1.1 299 Na\u00efve  reason\r\nx: \r\n\r\n",
        "HTTP/1.1 599 \r\nx:\ty\t\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n"})
    void shouldDecodeResponsesAsNettyDoes(String head) {
        assertSameResponse(head);
    }

    static Stream<Integer> seeds() {
        return IntStream.range(0, 400).boxed();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void shouldDecodeWhateverTheScannerAcceptsAsNettyDoes(int seed) {
        Random random = new Random(seed);
        StringBuilder fields = new StringBuilder();
        for (int i = random.nextInt(12); i > 0; i--) {
            fields.append(NAMES[random.nextInt(NAMES.length)]).append(':').append(VALUES[random.nextInt(VALUES.length)])
                    .append("\r\n");
        }
        assertSameRequest("POST /v1/responses HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
        assertSameResponse("HTTP/1.1 200 OK\r\n" + fields + "\r\n");
    }

    /** Bytes changed, removed and added anywhere: the scanner refuses most of it, and what it accepts is read alike. */
    @ParameterizedTest
    @MethodSource("seeds")
    void shouldDecodeChangedHeadsAsNettyDoesOrNotAtAll(int seed) {
        Random random = new Random(seed);
        for (int run = 0; run < 50; run++) {
            StringBuilder request = new StringBuilder("POST /v1/responses?a=b HTTP/1.1\r\nHost: a.b:80\r\n"
                    + "content-type:\tapplication/json \r\nx-empty:\r\nAccept: */*\r\n\r\n");
            StringBuilder response = new StringBuilder("HTTP/1.1 200 All right\r\ncontent-type: text/html\r\n"
                    + "X-Empty: \r\ndate: Fri, 27 Nov 2026 09:00:00 GMT\r\n\r\n");
            change(request, random);
            change(response, random);
            compareIfAccepted(request.toString(), HeadScanner.ofRequests(MAX_BYTES, MAX_BYTES), true);
            compareIfAccepted(response.toString(), HeadScanner.ofResponses(MAX_BYTES, MAX_BYTES), false);
        }
    }

    private static void change(StringBuilder head, Random random) {
        String bytes = "\r\n :\tA0\u0000\u007f\u00e4-,";
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(head.length());
            switch (random.nextInt(3)) {
                case 0 -> head.deleteCharAt(at);
                case 1 -> head.insert(at, bytes.charAt(random.nextInt(bytes.length())));
                default -> head.setCharAt(at, bytes.charAt(random.nextInt(bytes.length())));
            }
        }
    }

    private static void compareIfAccepted(String text, HeadScanner scanner, boolean isRequest) {
        ByteBuf bytes = head(text);
        try {
            int end = scanner.scan(bytes, 0, bytes.writerIndex());
            if (end > 0 && isRequest) {
                assertSameRequest(text.substring(0, end));
            } else if (end > 0) {
                assertSameResponse(text.substring(0, end));
            }
        } catch (FramingException refused) {
            assertFalse(refused.getMessage().isEmpty());
        } finally {
            bytes.release();
        }
    }

    @Test
    void shouldDecodeHeadsLongerThanItsScratchArray() {
        assertSameRequest("GET /" + "p".repeat(9000) + " HTTP/1.1\r\nHost: a\r\nx: " + "v".repeat(20_000) + "\r\n\r\n");
    }

    @Test
    void shouldDecodeAHeadWithinABufferWithoutMovingItsIndices() {
        ByteBuf bytes = Unpooled.copiedBuffer("....GET / HTTP/1.1\r\nHost: a\r\n\r\nbody", StandardCharsets.US_ASCII);

        HttpRequest request = HeadParser.request(bytes, 4, bytes.writerIndex() - 4);

        assertEquals("a", request.headers().get("host"));
        assertEquals(0, bytes.readerIndex());
        bytes.release();
    }

    @Test
    void shouldCreateNoTextForCommonFields() {
        ByteBuf bytes = head("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
        Map.Entry<CharSequence, CharSequence> first = onlyField(bytes);
        Map.Entry<CharSequence, CharSequence> second = onlyField(bytes);

        assertSame(first.getKey(), second.getKey());
        assertSame(first.getValue(), second.getValue());
        bytes.release();
    }

    private static Map.Entry<CharSequence, CharSequence> onlyField(ByteBuf bytes) {
        return HeadParser.response(bytes, 0, bytes.writerIndex()).headers().iteratorCharSequence().next();
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nname",
        "HTTP/1.1 200 OK\r\nname: value"})
    void shouldNotReadBeyondAHeadThatNoScannerHasAccepted(String head) {
        ByteBuf longer = head("HTTP/1.1 200 OK\r\nsecret: 1234567890\r\nsecret: 1234567890\r\n\r\n");
        HeadParser.response(longer, 0, longer.writerIndex());
        ByteBuf empty = head("HTTP/1.1 200 OK\r\n\r\n");
        HeadParser.response(empty, 0, empty.writerIndex());
        ByteBuf bytes = head(head);

        assertThrows(IllegalStateException.class, () -> HeadParser.response(bytes, 0, bytes.writerIndex()));

        longer.release();
        empty.release();
        bytes.release();
    }

    private static ByteBuf head(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }

    private static void assertSameRequest(String text) {
        ByteBuf bytes = head(text);
        HttpRequest expected = decoded(new EmbeddedChannel(new HttpRequestDecoder(config())), bytes);
        assertAccepted(HeadScanner.ofRequests(MAX_BYTES, MAX_BYTES), bytes);

        HttpRequest found = HeadParser.request(bytes, 0, bytes.writerIndex());

        assertEquals(expected.method(), found.method());
        assertEquals(expected.uri(), found.uri());
        assertSameFields(expected, found);
        bytes.release();
    }

    private static void assertSameResponse(String text) {
        ByteBuf bytes = head(text);
        HttpResponse expected = decoded(new EmbeddedChannel(new HttpResponseDecoder(config())), bytes);
        assertAccepted(HeadScanner.ofResponses(MAX_BYTES, MAX_BYTES), bytes);

        HttpResponse found = HeadParser.response(bytes, 0, bytes.writerIndex());

        assertEquals(expected.status().code(), found.status().code());
        assertEquals(expected.status().reasonPhrase(), found.status().reasonPhrase());
        assertSameFields(expected, found);
        bytes.release();
    }

    private static HttpDecoderConfig config() {
        return new HttpDecoderConfig().setMaxInitialLineLength(MAX_BYTES).setMaxHeaderSize(MAX_BYTES)
                .setStrictLineParsing(true).setUseRfc9112TransferEncoding(true)
                .setAllowDuplicateContentLengths(false);
    }

    private static <T extends HttpMessage> T decoded(EmbeddedChannel channel, ByteBuf bytes) {
        channel.writeInbound(bytes.copy());
        T message = channel.readInbound();
        assertTrue(message.decoderResult().isSuccess());
        channel.finishAndReleaseAll();
        return message;
    }

    private static void assertAccepted(HeadScanner scanner, ByteBuf bytes) throws FramingException {
        assertEquals(bytes.writerIndex(), scanner.scan(bytes, 0, bytes.writerIndex()));
    }

    private static void assertSameFields(HttpMessage expected, HttpMessage found) {
        assertEquals(expected.protocolVersion(), found.protocolVersion());
        List<Map.Entry<String, String>> wanted = expected.headers().entries();
        List<Map.Entry<String, String>> got = found.headers().entries();
        assertEquals(wanted.stream().map(Map.Entry::getKey).toList(), got.stream().map(Map.Entry::getKey).toList());
        assertEquals(wanted.stream().map(Map.Entry::getValue).toList(), got.stream().map(Map.Entry::getValue).toList());
    }
}
