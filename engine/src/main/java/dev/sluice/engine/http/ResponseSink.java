// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import dev.sluice.protocol.framing.BodyPiece;
import io.netty.buffer.ByteBuf;

/**
 * The sink of one response, for any downstream protocol.
 *
 * <p><b>Threading:</b> confined to the connection's loop.
 */
public interface ResponseSink {
    /** Sends status 100 if the downstream waits for it before it sends its body. */
    void sendContinue();

    /** Writes the head; it is sent with the first flush. */
    void writeHead(ResponseHead head);

    /**
     * Writes the body bytes of one read, unchanged.
     *
     * @param piece borrowed; its buffer is taken
     */
    void relay(BodyPiece piece);

    /** Writes body bytes of the relay's own; takes them. Allowed only while {@link #canAppend} holds. */
    void append(ByteBuf bytes);

    /** {@return whether body bytes of the relay's own may follow what was written} */
    boolean canAppend();

    /** Sends everything that was written. */
    void flush();

    /** Ends the body cleanly and sends everything. */
    void end();

    /** Ends the response so that no downstream can mistake it for a complete one; earlier writes are still sent. */
    void abort();

    /** {@return whether the unsent bytes are below the high-water mark} */
    boolean isWritable();

    /** {@return the number of bytes that the downstream has not taken yet} */
    long pendingBytes();
}
