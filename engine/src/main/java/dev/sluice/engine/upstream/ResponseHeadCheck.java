// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.http.SingleHeader;
import dev.sluice.protocol.framing.ContentLength;
import dev.sluice.protocol.framing.FramingException.Fault;
import dev.sluice.protocol.framing.FramingException;
import dev.sluice.protocol.framing.TransferScanner;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;

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
        HttpHeaders headers = response.headers();
        int codings = SingleHeader.count(headers, HttpHeaderNames.TRANSFER_ENCODING);
        int lengths = SingleHeader.count(headers, HttpHeaderNames.CONTENT_LENGTH);
        int status = response.status().code();
        if (status == 204 || status == 304) {
            body.resetToEmpty();
            return 0;
        }
        if (codings > 0) {
            boolean isPlainChunked = codings == 1 && headers.get(HttpHeaderNames.TRANSFER_ENCODING).trim()
                    .equalsIgnoreCase("chunked");
            require(isPlainChunked && lengths == 0 && response.protocolVersion().equals(HttpVersion.HTTP_1_1),
                    "transfer-encoding other than chunked, beside content-length or in HTTP/1.0");
            body.resetToChunked();
            return UNKNOWN;
        }
        if (lengths == 0) {
            body.resetToClose();
            return UNKNOWN;
        }
        long length = lengths > 1 ? -1 : ContentLength.parse(headers.get(HttpHeaderNames.CONTENT_LENGTH));
        require(length >= 0, "content-length that is not one decimal number");
        body.resetToLength(length);
        return length;
    }

    private static void require(boolean isValid, String found) {
        if (!isValid) {
            throw new FramingException(Fault.MALFORMED, "response head: " + found
                    + " (expected: one framing, RFC 9112 section 6.3)");
        }
    }
}
