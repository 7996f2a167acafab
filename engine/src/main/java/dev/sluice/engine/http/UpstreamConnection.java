// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import io.netty.buffer.ByteBuf;

/** The carrier of one attempt: an HTTP/1.1 connection or an HTTP/2 stream. Used on its loop only. */
public interface UpstreamConnection {
    /** Writes the request's head, framed by the length of its body. */
    void writeHead(UpstreamRequest request);

    /** Writes bytes of the body; takes them. */
    void writeBody(ByteBuf bytes);

    /** Marks the request as complete. */
    void endRequest();

    /** Sends everything that was written. */
    void flush();

    /**
     * Requests more of the response: one read, or as much as the stream's window allows.
     *
     * @param heldBytes the number of delivered bytes that still wait for the downstream; their window is not returned
     */
    void read(long heldBytes);

    /** {@return whether the unsent bytes are below the high-water mark} */
    boolean isWritable();

    /** {@return the number of bytes that the upstream has not taken yet} */
    long pendingBytes();

    /** Ends the attempt at once by closing the connection or resetting the stream; the listener is not called again. */
    void cancel();

    /** {@return the upstream's protocol by its ALPN name (RFC 7301), for the log} */
    String protocol();

    /** {@return the TLS version of the connection, such as TLSv1.3, for the log; null without TLS} */
    default String tls() {
        return null;
    }

    /** {@return whether the connection had carried an exchange before} */
    boolean isReused();
}
