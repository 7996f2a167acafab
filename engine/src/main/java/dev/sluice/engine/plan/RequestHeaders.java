// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import dev.sluice.engine.http.HeaderNames;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/**
 * The selection of request headers that are forwarded: all except hop-by-hop headers (RFC 9110 section 7.6.1), headers
 * that identify or authenticate the caller, headers by which some servers override the method or the path that were
 * checked, and headers that the relay sets itself. A name with underscores is treated like one with hyphens.
 */
public final class RequestHeaders {
    private static final HeaderNames BLOCKED = HeaderNames.of("connection", "keep-alive", "proxy-connection", "te",
            "trailer", "transfer-encoding", "upgrade", "proxy-authenticate", "proxy-authorization", "expect",
            "authorization", "host", "content-length", "forwarded", "x-real-ip", "true-client-ip", "cookie", "cookie2",
            "chatgpt-account-id", "accept-encoding", "x-api-key", "api-key", "x-goog-api-key", "openai-organization",
            "openai-project", "x-original-url", "x-rewrite-url", "x-http-method", "x-http-method-override",
            "x-method-override", "http2-settings");
    private static final String[] BLOCKED_PREFIXES = {"x-forwarded-", "cf-"};
    private static final AsciiString IDENTITY = AsciiString.cached("identity");
    private static final AsciiString REQUEST_ID = AsciiString.cached("x-request-id");

    private RequestHeaders() {
    }

    /**
     * Returns the headers to send upstream, without framing, host and credentials.
     *
     * @param received   the headers of the downstream
     * @param exchangeId the value of x-request-id if the downstream sent neither that header nor request-id
     * @param isDecoded  whether the body is sent without the coding in which it arrived
     */
    public static HttpHeaders forwarded(HttpHeaders received, String exchangeId, boolean isDecoded) {
        Set<String> named = HeaderNames.namedByConnection(received);
        // No validation here, because all headers were validated on arrival.
        HttpHeaders sent = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        Iterator<Map.Entry<CharSequence, CharSequence>> headers = received.iteratorCharSequence();
        while (headers.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = headers.next();
            CharSequence name = header.getKey();
            CharSequence known = withHyphens(name);
            boolean isPassed = !BLOCKED.isBlocked(name, named) && !BLOCKED.contains(known)
                    && !hasBlockedPrefix(known);
            if (isPassed && !(isDecoded && HttpHeaderNames.CONTENT_ENCODING.contentEqualsIgnoreCase(name))) {
                sent.add(name, header.getValue());
            }
        }
        sent.set(HttpHeaderNames.ACCEPT_ENCODING, IDENTITY);
        if (!sent.contains(REQUEST_ID) && !sent.contains("request-id")) {
            sent.set(REQUEST_ID, exchangeId);
        }
        return sent;
    }

    /** Returns the name that servers make of a name: many of them take an underscore for a hyphen. */
    private static CharSequence withHyphens(CharSequence name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) == '_') {
                return name.toString().replace('_', '-');
            }
        }
        return name;
    }

    private static boolean hasBlockedPrefix(CharSequence name) {
        for (String prefix : BLOCKED_PREFIXES) {
            if (AsciiString.regionMatches(name, true, 0, prefix, 0, prefix.length())) {
                return true;
            }
        }
        return false;
    }
}
