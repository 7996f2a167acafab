// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import io.netty.handler.codec.http.HttpHeaders;

/**
 * The head of a request to an endpoint, for any protocol.
 *
 * @param method    the method, such as {@code POST}
 * @param target    the path and query after the endpoint's base path
 * @param headers   all headers except host, the endpoint's API key and framing
 * @param bodyBytes the length of the body in bytes, or -1 if it is not known yet
 * @param hasBody   whether there is a body, even one of length 0
 */
public record UpstreamRequest(String method, String target, HttpHeaders headers, long bodyBytes, boolean hasBody) {
}
