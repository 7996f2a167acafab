// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import dev.sluice.protocol.framing.HeadScanner;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.charset.StandardCharsets;

/**
 * A parser of complete HTTP/1.1 heads that {@link HeadScanner} has accepted. The scanner has checked every byte, so the
 * parser only splits: at spaces, colons and line ends. It keeps the case of names, removes the white space around
 * values and reasons, and decodes all as ISO 8859-1. What a request or a response may contain is checked by its reader.
 *
 * <p>Netty's decoder checks each byte a second time and keeps 0.8 KB for each connection.
 *
 * <p><b>Threading:</b> may be used by any thread. <b>Ownership:</b> borrows the buffer, and changes no index.
 * <b>Allocation:</b> the message, and the texts that {@link CommonFields} does not know.
 */
public final class HeadParser {
    private static final int SCRATCH_BYTES = 4 * 1024;
    private static final int VERSION_BYTES = "HTTP/1.1".length();
    private static final int STATUS_BYTES = 3;

    private static final FastThreadLocal<byte[]> SCRATCH = new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
            return new byte[SCRATCH_BYTES];
        }
    };

    private HeadParser() {
    }

    /**
     * Parses the head of a request.
     *
     * @param bytes  the bytes from {@code from} to {@code to} are a head that a scanner of requests has accepted
     * @param from   the index of its first byte
     * @param to     the index after its last line feed
     * @return the request. The return type is the class, because a cast to one of its interfaces costs more, and about
     *         twice as much if loops share it
     */
    public static DefaultHttpRequest request(ByteBuf bytes, int from, int to) {
        byte[] head = copy(bytes, from, to);
        int length = to - from;
        int start = head[0] == '\r' ? 2 : 0; // RFC 9112 section 2.2: an empty line before a request line is ignored
        int methodEnd = indexOf(head, start, length, ' ');
        int targetEnd = indexOf(head, methodEnd + 1, length, ' ');
        int lineEnd = targetEnd + 1 + VERSION_BYTES;
        HttpHeaders headers = headers(head, lineEnd + 2, length);
        return new DefaultHttpRequest(version(head, targetEnd + 1), method(head, start, methodEnd),
                text(head, methodEnd + 1, targetEnd), headers);
    }

    /**
     * Parses the head of a response.
     *
     * @param bytes  the bytes from {@code from} to {@code to} are a head that a scanner of responses has accepted
     * @param from   the index of its first byte
     * @param to     the index after its last line feed
     * @return the response
     */
    public static DefaultHttpResponse response(ByteBuf bytes, int from, int to) {
        byte[] head = copy(bytes, from, to);
        int length = to - from;
        int at = VERSION_BYTES + 1;
        int code = 100 * (head[at] - '0') + 10 * (head[at + 1] - '0') + head[at + 2] - '0';
        int lineEnd = indexOf(head, at + STATUS_BYTES, length, '\r');
        HttpResponseStatus known = HttpResponseStatus.valueOf(code);
        int reason = skipBlanks(head, at + STATUS_BYTES, lineEnd);
        int reasonEnd = withoutBlanks(head, reason, lineEnd);
        HttpResponseStatus status = isSame(head, reason, reasonEnd, known.reasonPhrase()) ? known
                : new HttpResponseStatus(code, text(head, reason, reasonEnd));
        return new DefaultHttpResponse(version(head, 0), status, headers(head, lineEnd + 2, length));
    }

    private static byte[] copy(ByteBuf bytes, int from, int to) {
        int length = to - from;
        byte[] head = length <= SCRATCH_BYTES ? SCRATCH.get() : new byte[length];
        bytes.getBytes(from, head, 0, length);
        return head;
    }

    private static HttpHeaders headers(byte[] head, int from, int to) {
        // No validation, because the scanner has checked names and values.
        HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        int line = from;
        while (line >= to || head[line] != '\r') {
            int colon = indexOf(head, line, to, ':');
            int end = indexOf(head, colon + 1, to, '\r');
            int first = skipBlanks(head, colon + 1, end);
            int last = withoutBlanks(head, first, end);
            headers.add(CommonFields.name(head, line, colon), CommonFields.value(head, first, last));
            line = end + 2;
        }
        return headers;
    }

    /** The array may be longer than the head, and have bytes of earlier heads behind it. */
    private static int indexOf(byte[] head, int from, int to, char wanted) {
        for (int i = from; i < to; i++) {
            if (head[i] == wanted) {
                return i;
            }
        }
        throw new IllegalStateException("head: ends too early (expected: a head that the scanner has accepted)");
    }

    private static int skipBlanks(byte[] head, int from, int to) {
        int first = from;
        while (first < to && isBlank(head[first])) {
            first++;
        }
        return first;
    }

    /** Returns the index after the last byte of {@code [from, to)} that is not blank. */
    private static int withoutBlanks(byte[] head, int from, int to) {
        int last = to;
        while (last > from && isBlank(head[last - 1])) {
            last--;
        }
        return last;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    private static HttpVersion version(byte[] head, int from) {
        return head[from + VERSION_BYTES - 1] == '0' ? HttpVersion.HTTP_1_0 : HttpVersion.HTTP_1_1;
    }

    private static HttpMethod method(byte[] head, int from, int to) {
        return isSame(head, from, to, "POST") ? HttpMethod.POST : HttpMethod.valueOf(text(head, from, to));
    }

    private static boolean isSame(byte[] head, int from, int to, String text) {
        if (to - from != text.length()) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (head[i] != text.charAt(i - from)) {
                return false;
            }
        }
        return true;
    }

    private static String text(byte[] head, int from, int to) {
        return new String(head, from, to - from, StandardCharsets.ISO_8859_1);
    }
}
