// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import io.netty.buffer.ByteBuf;

/** What carries one exchange to an endpoint: an HTTP/1.1 connection or an HTTP/2 stream. Used on its loop only. */
public interface UpstreamConnection {
    /** Writes the request's head, framed as its body's length says. */
    void writeHead(UpstreamRequest request);

    /** Writes bytes of the body; takes them. */
    void writeBody(ByteBuf bytes);

    /** Says that the request is complete. */
    void endRequest();

    /** Sends what has been written. */
    void flush();

    /**
     * Asks for more of the response: for one read, or for as much as a stream's window allows.
     *
     * @param heldBytes how many of the bytes that were told still wait for the downstream; window is not given back for
     *                  those
     */
    void read(long heldBytes);

    /** Returns whether the upstream takes more without letting it pile up. */
    boolean isWritable();

    /** Returns how many bytes wait to be taken by the upstream. */
    long pendingBytes();

    /** Ends the attempt at once by closing the connection or resetting the stream; nothing more is told. */
    void cancel();

    /** Returns what is spoken, by its name in ALPN (RFC 7301): for the log. */
    String protocol();

    /** Returns the endpoint at the other end. */
    Endpoint endpoint();

    /** Returns whether the connection has carried an exchange before. */
    boolean isReused();
}
