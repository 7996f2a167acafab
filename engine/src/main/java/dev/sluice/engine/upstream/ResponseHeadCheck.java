// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.protocol.framing.ContentLength;
import dev.sluice.protocol.framing.FramingException;
import dev.sluice.protocol.framing.FramingException.Fault;
import dev.sluice.protocol.framing.TransferScanner;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;

/** The check of a response's framing (RFC 9112 section 6.3); an ambiguous one is refused. */
final class ResponseHeadCheck {
    private static final long UNKNOWN = -1;

    private ResponseHeadCheck() {
    }

    /**
     * Prepares {@code body} for the body of {@code response}.
     *
     * @return the length of the body in bytes, or -1 if it is not known
     * @throws FramingException if the framing is ambiguous
     */
    static long prepare(TransferScanner body, HttpResponse response) {
        check(response);
        HttpHeaders headers = response.headers();
        int status = response.status().code();
        if (status == 204 || status == 304) {
            body.resetToEmpty();
            return 0;
        }
        if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            body.resetToChunked();
            return UNKNOWN;
        }
        String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
        if (length == null) {
            body.resetToClose();
            return UNKNOWN;
        }
        long bytes = ContentLength.parse(length);
        body.resetToLength(bytes);
        return bytes;
    }

    /**
     * Checks what a head says about a body, also where its status allows none: another reader might take one.
     *
     * @throws FramingException if it is ambiguous
     */
    static void check(HttpResponse response) {
        HttpHeaders headers = response.headers();
        List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
        if (!codings.isEmpty()) {
            boolean isPlainChunked = codings.size() == 1 && codings.get(0).trim().equalsIgnoreCase("chunked");
            require(isPlainChunked && lengths.isEmpty() && response.protocolVersion().equals(HttpVersion.HTTP_1_1),
                    "transfer-encoding other than chunked, beside content-length or in HTTP/1.0");
        } else if (!lengths.isEmpty()) {
            require(lengths.size() == 1 && ContentLength.parse(lengths.get(0)) >= 0,
                    "content-length that is not one decimal number");
        }
    }

    private static void require(boolean isValid, String found) {
        if (!isValid) {
            throw new FramingException(Fault.MALFORMED, "response head: " + found
                    + " (expected: one framing, RFC 9112 section 6.3)");
        }
    }
}
