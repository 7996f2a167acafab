// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.framing.ContentLength;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.net.SocketAddress;
import java.util.List;

/**
 * The checks that a decoded head must pass before it becomes an exchange: one Host, one framing of the body, no
 * transfer coding except {@code chunked}, no expectation except {@code 100-continue} (RFC 9112 sections 3.2 and 6, RFC
 * 9110 section 10.1.1).
 */
final class RequestHeadCheck {
    private RequestHeadCheck() {
    }

    /**
     * Checks a head and returns the request.
     *
     * @throws RelayException with the status of the refusal
     */
    static Http1Request check(HttpRequest head, SocketAddress remoteAddress) {
        if (!isTransferCodingKnown(head.headers())) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_TRANSFER_CODING,
                    "transfer-encoding: a coding other than chunked (expected: chunked or none)");
        }
        boolean isHttp10 = head.protocolVersion().equals(HttpVersion.HTTP_1_0);
        checkHost(head.headers(), isHttp10);
        RequestTarget target = RequestTarget.parse(head.uri());
        if (target == null) {
            throw badRequest("request target: not a path, or bytes that RFC 3986 does not allow"
                    + " (expected: a path such as /v1/responses, or a URL)");
        }
        if (target.authority() != null) {
            head.headers().set(HttpHeaderNames.HOST, target.authority());
        }
        checkCredentials(head.headers());
        DownstreamRequest request = new DownstreamRequest(head.method().name(), target.path(), target.query(),
                head.headers(), bodyBytes(head.headers(), isHttp10), expectsContinue(head.headers(), isHttp10),
                remoteAddress);
        return new Http1Request(request, isHttp10, HttpUtil.isKeepAlive(head) && !isHttp10);
    }

    private static boolean isTransferCodingKnown(HttpHeaders headers) {
        List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        return codings.isEmpty() || codings.size() == 1 && codings.get(0).trim().equalsIgnoreCase("chunked");
    }

    private static void checkHost(HttpHeaders headers, boolean isHttp10) {
        int hosts = headers.getAll(HttpHeaderNames.HOST).size();
        if (hosts > 1 || hosts == 0 && !isHttp10) {
            throw badRequest("host: " + hosts + " headers (expected: exactly one)");
        }
        if (hosts == 1 && !RequestTarget.isHost(headers.get(HttpHeaderNames.HOST))) {
            throw badRequest("host: not a host (expected: a name or an address, with or without a port)");
        }
    }

    /** Refuses two Authorization headers, of which each server might take another one. */
    static void checkCredentials(HttpHeaders headers) {
        int credentials = headers.contains(HttpHeaderNames.AUTHORIZATION)
                ? headers.getAll(HttpHeaderNames.AUTHORIZATION).size() : 0;
        if (credentials > 1) {
            throw badRequest("authorization: " + credentials + " headers (expected: one)");
        }
    }

    private static long bodyBytes(HttpHeaders headers, boolean isHttp10) {
        boolean isChunked = headers.contains(HttpHeaderNames.TRANSFER_ENCODING);
        List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
        if (isChunked && (!lengths.isEmpty() || isHttp10)) {
            throw badRequest("transfer-encoding beside content-length, or in HTTP/1.0 (expected: one framing)");
        }
        if (isChunked) {
            return -1;
        }
        return lengths.isEmpty() ? 0 : contentLength(lengths);
    }

    private static long contentLength(List<String> lengths) {
        long length = lengths.size() > 1 ? -1 : ContentLength.parse(lengths.get(0));
        if (length < 0) {
            throw badRequest("content-length: not one decimal number (expected: exactly one)");
        }
        return length;
    }

    private static boolean expectsContinue(HttpHeaders headers, boolean isHttp10) {
        List<String> expectations = headers.getAll(HttpHeaderNames.EXPECT);
        if (expectations.isEmpty() || isHttp10) {
            return false;
        }
        if (expectations.size() > 1 || !HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(expectations.get(0))) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_EXPECTATION,
                    "expect: another expectation (expected: 100-continue or none)");
        }
        return true;
    }

    private static RelayException badRequest(String detail) {
        return RelayException.of(ErrorCode.DOWNSTREAM_BAD_REQUEST, detail);
    }
}
