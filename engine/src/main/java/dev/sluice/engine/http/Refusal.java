// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import dev.sluice.protocol.error.ErrorBody;
import dev.sluice.protocol.error.RelayException;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;

/** The writer of the relay's own answers, for every edge. Each answer carries the exchange's id. */
public final class Refusal {
    /** The header that carries the exchange's id, beside the upstream's x-request-id. */
    public static final AsciiString EXCHANGE_ID = AsciiString.cached("x-sluice-request-id");

    private Refusal() {
    }

    /**
     * Answers with the OpenAI error object.
     *
     * @param sink       the response, of which nothing was written yet
     * @param exchangeId the exchange's id, or a new one if the head was refused before an exchange was created
     * @param refusal    the error
     */
    public static void write(ResponseSink sink, String exchangeId, RelayException refusal) {
        DefaultHttpHeaders headers = new DefaultHttpHeaders();
        switch (refusal.code()) {
            case DOWNSTREAM_METHOD_NOT_ALLOWED -> headers.set(HttpHeaderNames.ALLOW, refusal.allowedMethods());
            case DOWNSTREAM_KEY_INVALID -> headers.set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer"); // RFC 9110, 15.5.2
            case DOWNSTREAM_UPGRADE_REQUIRED -> headers.set(HttpHeaderNames.UPGRADE, "websocket") // RFC 9110, 15.5.22
                    .set(HttpHeaderNames.SEC_WEBSOCKET_VERSION, "13"); // RFC 6455, 4.4
            default -> { } // the body is sufficient
        }
        refusal.headers().forEach(headers::set);
        if (refusal.retryAfterSeconds() > 0) {
            headers.set(HttpHeaderNames.RETRY_AFTER, Long.toString(refusal.retryAfterSeconds()));
        }
        writeJson(sink, exchangeId, HttpResponseStatus.valueOf(refusal.code().status()), headers,
                ErrorBody.of(refusal));
    }

    /**
     * Answers with a JSON document and status 200.
     *
     * @param sink       the response, of which nothing was written yet
     * @param exchangeId the exchange
     * @param json       the document; must not change until it was sent
     */
    public static void writeJson(ResponseSink sink, String exchangeId, byte[] json) {
        writeJson(sink, exchangeId, HttpResponseStatus.OK, new DefaultHttpHeaders(), json);
    }

    private static void writeJson(ResponseSink sink, String exchangeId, HttpResponseStatus status,
            DefaultHttpHeaders headers, byte[] json) {
        headers.set(HttpHeaderNames.CONTENT_TYPE, "application/json");
        headers.set(EXCHANGE_ID, exchangeId);
        sink.writeHead(new ResponseHead(status, headers, json.length));
        sink.append(Unpooled.wrappedBuffer(json));
        sink.end();
    }
}
