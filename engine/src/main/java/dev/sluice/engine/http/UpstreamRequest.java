// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import io.netty.handler.codec.http.HttpHeaders;

/**
 * The head of a request to an endpoint, whatever the protocol.
 *
 * @param method    in capitals
 * @param target    path and query behind the endpoint's base path
 * @param headers   all headers but those of host, credentials and framing
 * @param bodyBytes the length of the body in bytes, or -1 where it is not known yet
 * @param hasBody   whether there is a body, even one of length 0
 */
public record UpstreamRequest(String method, String target, HttpHeaders headers, long bodyBytes, boolean hasBody) {
}
