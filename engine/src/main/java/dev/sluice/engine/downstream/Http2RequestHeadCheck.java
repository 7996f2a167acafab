// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http2.Http2Fields;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.net.SocketAddress;
import java.util.List;

/**
 * The checks that a request's header list must pass before it becomes an exchange (RFC 9113 sections 8.2 and 8.3.1).
 * Netty has already checked names, pseudo-headers, connection-specific fields, and that content-length is one number.
 */
final class Http2RequestHeadCheck {
    private Http2RequestHeadCheck() {
    }

    /**
     * Checks a header list and returns the request.
     *
     * @param isEnded        whether the request ends with its head
     * @param maxTargetBytes the longest :path in bytes
     * @throws Http2Exception if the list is malformed, so that its stream is reset
     * @throws RelayException if the request must be refused
     */
    static DownstreamRequest check(int streamId, Http2Headers received, boolean isEnded, int maxTargetBytes,
            SocketAddress remoteAddress) throws Http2Exception {
        HttpHeaders headers = Http2Fields.toHttp1(received);
        require(headers != null, streamId, "a field that RFC 9113 section 8.2.1 does not allow");
        require(isToken(received.method()), streamId, "a method that is not a token");
        require(!received.contains(Http2Headers.PseudoHeaderName.PROTOCOL.value()), streamId,
                ":protocol, which was not offered (RFC 8441 section 4)");
        // Netty requires these two, except for CONNECT, which has neither; a relay does not support that method.
        require(received.path() != null && received.scheme() != null, streamId, "no :path or no :scheme");
        checkAuthority(streamId, received, headers);
        String target = received.path().toString();
        if (target.length() > maxTargetBytes) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_TARGET_TOO_LONG, ":path: over " + maxTargetBytes
                    + " bytes (expected: at most that)");
        }
        RequestTarget parts = target.startsWith("/") ? RequestTarget.parse(target) : null;
        if (parts == null) {
            throw badRequest(":path: not a path, or bytes that RFC 3986 does not allow"
                    + " (expected: a path such as /v1/responses)");
        }
        RequestHeadCheck.checkCredentials(headers);
        return new DownstreamRequest(received.method().toString(), parts.path(), parts.query(), headers,
                bodyBytes(headers, isEnded), expectsContinue(headers), remoteAddress);
    }

    /** Requires one of :authority and Host, or both with the same value (RFC 9113 section 8.3.1). */
    private static void checkAuthority(int streamId, Http2Headers received, HttpHeaders headers)
            throws Http2Exception {
        List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
        CharSequence authority = received.authority();
        require(hosts.size() <= 1, streamId, "more than one Host");
        require(hosts.isEmpty() || authority == null || hosts.get(0).contentEquals(authority), streamId,
                "a Host that is not :authority");
        if (hosts.isEmpty() && (authority == null || authority.length() == 0)) {
            throw badRequest(":authority: missing (expected: the name that the request is for)");
        }
        if (!RequestTarget.isHost(hosts.isEmpty() ? authority : hosts.get(0))) {
            throw badRequest(":authority: not a host (expected: a name or an address, with or without a port)");
        }
    }

    private static boolean isToken(CharSequence method) {
        return method.length() > 0 && method.chars().allMatch(c -> c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
                || c == '-' || c == '_');
    }

    private static long bodyBytes(HttpHeaders headers, boolean isEnded) {
        if (headers.getAll(HttpHeaderNames.CONTENT_LENGTH).size() > 1) {
            throw badRequest("content-length: not one decimal number (expected: exactly one)");
        }
        if (isEnded) {
            return 0;
        }
        String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
        return length == null ? -1 : Long.parseLong(length);
    }

    private static boolean expectsContinue(HttpHeaders headers) {
        List<String> expectations = headers.getAll(HttpHeaderNames.EXPECT);
        if (expectations.isEmpty()) {
            return false;
        }
        if (expectations.size() > 1 || !HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(expectations.get(0))) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_EXPECTATION,
                    "expect: another expectation (expected: 100-continue or none)");
        }
        return true;
    }

    private static void require(boolean isValid, int streamId, String found) throws Http2Exception {
        if (!isValid) {
            throw Http2Exception.streamError(streamId, Http2Error.PROTOCOL_ERROR, "head: %s", found);
        }
    }

    private static RelayException badRequest(String detail) {
        return RelayException.of(ErrorCode.DOWNSTREAM_BAD_REQUEST, detail);
    }
}
