// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.downstream.DownstreamRequest;
import dev.sluice.engine.downstream.ResponseHead;
import dev.sluice.engine.downstream.ResponseWriter;
import dev.sluice.engine.event.ResponseHeaders;
import dev.sluice.engine.plan.Faces;
import dev.sluice.protocol.error.ErrorBody;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;

/** Writes answers of the relay's own. */
final class Refusal {
    private Refusal() {
    }

    /** Answers with the OpenAI error object. */
    static void write(ResponseWriter target, Faces faces, DownstreamRequest request, String exchangeId,
            RelayException refusal) {
        DefaultHttpHeaders headers = new DefaultHttpHeaders();
        ErrorCode code = refusal.code();
        switch (code) {
            case DOWNSTREAM_METHOD_NOT_ALLOWED -> headers.set("allow", faces.ofPath(request.path()).allow());
            case DOWNSTREAM_KEY_INVALID -> headers.set("www-authenticate", "Bearer"); // RFC 9110 section 15.5.2
            case DOWNSTREAM_UPGRADE_REQUIRED -> headers.set("upgrade", "websocket"); // RFC 9110 section 15.5.22
            default -> { } // nothing beyond the body
        }
        if (refusal.retryAfterSeconds() > 0) {
            headers.set("retry-after", Long.toString(refusal.retryAfterSeconds()));
        }
        writeJson(target, HttpResponseStatus.valueOf(code.status()), headers, exchangeId, ErrorBody.of(refusal));
    }

    /** Answers with JSON. */
    static void writeJson(ResponseWriter target, HttpResponseStatus status, DefaultHttpHeaders headers,
            String exchangeId, byte[] json) {
        headers.set("content-type", "application/json");
        headers.set(ResponseHeaders.EXCHANGE_ID, exchangeId);
        target.writeHead(new ResponseHead(status, headers, json.length));
        target.append(Unpooled.wrappedBuffer(json));
        target.end();
    }
}
