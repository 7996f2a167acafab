// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.downstream.DownstreamRequest;
import dev.sluice.engine.plan.RequestHeaders;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * The head of a request to an endpoint, whatever the protocol.
 *
 * @param method    in capitals
 * @param target    what follows the endpoint's base path: path and query
 * @param headers   all but those of host, credentials and framing
 * @param bodyBytes the length of the body, or -1 where it is not known yet
 * @param hasBody   whether there is one, be it of length 0
 */
public record UpstreamRequest(String method, String target, HttpHeaders headers, long bodyBytes, boolean hasBody) {

    /**
     * Returns the head of a request that goes on.
     *
     * @param path       what follows the endpoint's base path
     * @param exchangeId becomes x-request-id where the downstream sent none
     * @param bodyBytes  the length of the body, or -1 where it is not known yet
     * @param isDecoded  whether the body is sent without the coding that it came in
     * @param endpoint   whose own headers it gets
     */
    public static UpstreamRequest of(DownstreamRequest request, String path, String exchangeId, long bodyBytes,
            boolean isDecoded, Endpoint endpoint) {
        HttpHeaders headers = RequestHeaders.forwarded(request.headers(), exchangeId, isDecoded);
        boolean hasBody = bodyBytes != 0 || request.method().equals("POST");
        if (hasBody && !headers.contains("content-type")) {
            headers.set("content-type", "application/json");
        }
        endpoint.headers().forEach(headers::set);
        return new UpstreamRequest(request.method(), path + request.query(), headers, bodyBytes, hasBody);
    }
}
