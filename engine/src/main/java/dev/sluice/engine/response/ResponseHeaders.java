// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.engine.http.HeaderNames;
import dev.sluice.engine.http.Refusal;
import dev.sluice.engine.http.ResponseHead;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/**
 * The edits of a response's headers. All headers are passed on except the hop-by-hop ones (RFC 9110 section 7.6.1),
 * those about the upstream's own host, and cookies, which on a pooled connection belong to no downstream.
 */
final class ResponseHeaders {
    private static final AsciiString CACHE_CONTROL = AsciiString.cached("cache-control");
    private static final AsciiString NO_TRANSFORM = AsciiString.cached("no-cache, no-transform");
    private static final AsciiString ACCEL_BUFFERING = AsciiString.cached("x-accel-buffering");
    private static final AsciiString NO = AsciiString.cached("no");
    private static final HeaderNames BLOCKED = HeaderNames.of("connection", "keep-alive", "proxy-connection", "te",
            "trailer", "transfer-encoding", "upgrade", "proxy-authenticate", "content-length", "set-cookie",
            "set-cookie2", "alt-svc", "strict-transport-security", "x-sluice-request-id");
    private static final String[] OF_THE_CODING = {"content-encoding", "etag", "digest", "content-digest",
        "content-md5", "accept-ranges"};
    private static final HeaderNames MODEL_NAMES = HeaderNames.of("openai-model", "x-openai-model");

    private ResponseHeaders() {
    }

    /**
     * Returns the head for the downstream.
     *
     * @param exchangeId the exchange's id
     * @param model      the model name that replaces the upstream's, or null to keep that
     */
    static ResponseHead passedOn(ResponseHead received, String exchangeId, String model,
            boolean isEventStream) {
        Set<String> named = HeaderNames.namedByConnection(received.headers());
        // All fields were validated when they were received.
        HttpHeaders sent = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        Iterator<Map.Entry<CharSequence, CharSequence>> headers = received.headers().iteratorCharSequence();
        while (headers.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = headers.next();
            CharSequence name = header.getKey();
            if (BLOCKED.isBlocked(name, named)) {
                continue;
            }
            sent.add(name, model != null && MODEL_NAMES.contains(name) && isHeaderText(model) ? model
                    : header.getValue());
        }
        sent.set(Refusal.EXCHANGE_ID, exchangeId);
        if (isEventStream) {
            setIfAbsent(sent, CACHE_CONTROL, NO_TRANSFORM);
            setIfAbsent(sent, ACCEL_BUFFERING, NO);
        }
        // Declare no length for a stream that may have to be cut short: with all bytes received it would look complete.
        return new ResponseHead(received.status(), sent, isEventStream ? -1 : received.bodyBytes());
    }

    /** Returns the head of a response whose body is decoded, without what describes the coded bytes. */
    static ResponseHead decoded(ResponseHead received) {
        HttpHeaders headers = received.headers();
        for (String name : OF_THE_CODING) {
            headers.remove(name);
        }
        return new ResponseHead(received.status(), headers, -1);
    }

    private static boolean isHeaderText(String text) {
        return text.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
    }

    static void setIfAbsent(HttpHeaders headers, CharSequence name, CharSequence value) {
        if (!headers.contains(name)) {
            headers.set(name, value);
        }
    }
}
