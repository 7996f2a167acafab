// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import dev.sluice.engine.spi.RequestHead;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.SocketAddress;
import java.util.List;

/**
 * The checked head of a request.
 *
 * @param method          the method as it was sent, such as {@code POST}
 * @param path            the target's path
 * @param query           the target's query as it was sent, including its question mark; empty if there is none
 * @param headers         the headers as they were sent
 * @param bodyBytes       the length of the body in bytes; 0 if there is none, -1 if it is known only at the end
 * @param expectsContinue whether the downstream waits for status 100 before it sends its body
 * @param remoteAddress   the address of the downstream
 */
public record DownstreamRequest(String method, String path, String query, HttpHeaders headers, long bodyBytes,
        boolean expectsContinue, SocketAddress remoteAddress) implements RequestHead {

    @Override
    public String header(String name) {
        return headers.get(name);
    }

    @Override
    public List<String> headers(String name) {
        return headers.getAll(name);
    }

    /** {@return the id of the trace to which the caller assigned the request; null for none} */
    public String traceId() {
        return TraceParent.traceId(headers("traceparent"));
    }
}
