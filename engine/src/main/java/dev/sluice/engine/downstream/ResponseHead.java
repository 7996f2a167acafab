// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;

/**
 * The head of a response, without any framing header.
 *
 * @param status    its status line
 * @param headers   its headers; content-length, transfer-encoding and connection are the writer's to set
 * @param bodyBytes how long the body is, or -1 where that is not known
 */
public record ResponseHead(HttpResponseStatus status, HttpHeaders headers, long bodyBytes) {

    /** Returns whether a response of this status never has a body (RFC 9110 sections 15.3.5 and 15.4.5). */
    public boolean isBodiless() {
        return status.code() == 204 || status.code() == 304;
    }

    /** Returns what is left to know of a head that was sent: a stream may be open for long. */
    public ResponseHead withoutHeaders() {
        return new ResponseHead(status, EmptyHttpHeaders.INSTANCE, bodyBytes);
    }
}
