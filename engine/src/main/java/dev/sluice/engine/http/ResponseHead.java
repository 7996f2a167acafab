// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;

/**
 * The head of a response, without framing headers.
 *
 * @param status    the status
 * @param headers   the headers; the sink sets content-length, transfer-encoding and connection
 * @param bodyBytes the length of the body in bytes, or -1 if it is not known
 */
public record ResponseHead(HttpResponseStatus status, HttpHeaders headers, long bodyBytes) {

    /** {@return whether a response of this status never has a body (RFC 9110 sections 15.3.5 and 15.4.5)} */
    public boolean isBodiless() {
        return status.code() == 204 || status.code() == 304;
    }

    /** {@return whether the status is a success, 200 to 299} */
    public boolean isSuccess() {
        return status.code() / 100 == 2;
    }
}
