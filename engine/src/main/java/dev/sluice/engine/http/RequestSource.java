// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

/** The downstream side of an exchange: its request body and the sink of its response. Used on the connection's loop. */
public interface RequestSource {
    /**
     * Requests more of the body; a call of {@link RequestListener#onBody} or {@link RequestListener#onBodyEnd} follows.
     */
    void readBody();

    /** Closes the connection, or with HTTP/2 the stream, at once; unsent bytes are dropped. */
    void closeNow();

    /** {@return the downstream's protocol by its ALPN name (RFC 7301), for the log} */
    String protocol();

    /** {@return the sink of the response} */
    ResponseSink response();
}
