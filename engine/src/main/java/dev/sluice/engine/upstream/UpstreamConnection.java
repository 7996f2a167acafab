// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import io.netty.buffer.ByteBuf;

/** A connection to an endpoint that carries one exchange at a time. Used on its loop only. */
public interface UpstreamConnection {
    /**
     * Writes the request's head.
     *
     * @param head      taken; complete with its framing header
     * @param isChunked whether the body will be sent in chunks
     */
    void writeHead(ByteBuf head, boolean isChunked);

    /** Writes bytes of the body; takes them. */
    void writeBody(ByteBuf bytes);

    /** Says that the request is complete. */
    void endRequest();

    /** Sends what has been written. */
    void flush();

    /** Asks for one read of the response. */
    void read();

    /** Returns whether the upstream takes more without letting it pile up. */
    boolean isWritable();

    /** Returns how many bytes wait to be taken by the upstream. */
    long pendingBytes();

    /** Ends the attempt at once by closing the connection; the listener is told nothing more. */
    void cancel();

    /** Returns the endpoint at the other end. */
    Endpoint endpoint();

    /** Returns whether the connection has carried an exchange before. */
    boolean isReused();
}
