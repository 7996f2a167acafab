// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.UpstreamRequest;
import dev.sluice.engine.plan.RequestHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Map;

/**
 * The head of a request as it is forwarded.
 *
 * @param request    the downstream's request
 * @param path       the path after the endpoint's base path
 * @param exchangeId the value of x-request-id if the downstream sent none
 * @param isDecoded  whether the body is sent without the coding in which it arrived
 * @param via        the element to add to Via; null for none
 */
record ForwardedHead(DownstreamRequest request, String path, String exchangeId, boolean isDecoded, String via) {

    /**
     * Returns the head for one attempt.
     *
     * @param bodyBytes       the length of the body in bytes, or -1 if it is not known yet
     * @param endpoint        its headers replace the downstream's of the same name, and its query is added
     * @param attemptHeaders  replace both
     * @return the head
     */
    public UpstreamRequest of(long bodyBytes, Endpoint endpoint, Map<String, String> attemptHeaders) {
        HttpHeaders headers = RequestHeaders.forwarded(request.headers(), exchangeId, isDecoded, via);
        boolean hasBody = bodyBytes != 0 || request.method().equals("POST");
        if (hasBody && !headers.contains("content-type")) {
            headers.set("content-type", "application/json");
        }
        endpoint.headers().forEach(headers::set);
        attemptHeaders.forEach(headers::set);
        return new UpstreamRequest(request.method(), path + endpoint.query(request.query()), headers, bodyBytes,
                hasBody);
    }
}
