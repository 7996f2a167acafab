// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.http.DownstreamRequest;

/**
 * A checked request head, with the facts that exist only in HTTP/1.
 *
 * @param request     the head that the exchange sees
 * @param isHttp10    whether the downstream speaks HTTP/1.0
 * @param isKeepAlive whether the downstream may send another request on this connection
 */
record Http1Request(DownstreamRequest request, boolean isHttp10, boolean isKeepAlive) {
    /** The head of a request that could not be read. It is refused, and its connection closes. */
    static final Http1Request UNREADABLE = new Http1Request(
            new DownstreamRequest("", "", "", null, 0, false, null), false, false);
}
