// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.spi.RequestHead;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.SocketAddress;

/**
 * The checked head of a request.
 *
 * @param method        in capitals
 * @param path          the target's path
 * @param query         from its question mark on, as it was sent; empty where there is none
 * @param headers       as they were sent
 * @param bodyBytes     the Content-Length, 0 where there is no body, -1 for a chunked one
 * @param isHttp10      whether the downstream speaks HTTP/1.0
 * @param isKeepAlive   whether it would send another request on this connection
 * @param expectsContinue whether it waits for 100 before it sends its body
 * @param remoteAddress who is connected
 */
public record DownstreamRequest(String method, String path, String query, HttpHeaders headers, long bodyBytes,
        boolean isHttp10, boolean isKeepAlive, boolean expectsContinue, SocketAddress remoteAddress)
        implements RequestHead {

    @Override
    public String header(String name) {
        return headers.get(name);
    }

    /** Returns whether the body comes in chunks, so that its length is not known before its end. */
    public boolean isChunked() {
        return bodyBytes < 0;
    }
}
