// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.protocol.framing.TransferScanner;
import io.netty.buffer.ByteBuf;

/**
 * The way of one response to its downstream, whatever the protocol.
 *
 * <p><b>Threading:</b> confined to the connection's loop.
 */
public interface ResponseWriter {
    /** Announces that the body is wanted, where the downstream waits for that. */
    void sendContinue();

    /** Writes the head; it leaves with the first flush. */
    void writeHead(ResponseHead head);

    /**
     * Writes the body bytes of one received buffer, as they are.
     *
     * @param read  taken
     * @param frame what the scan of {@code read} found
     */
    void relay(ByteBuf read, TransferScanner frame);

    /** Writes bytes of our own; takes them. Only where {@link #canAppend} says so. */
    void append(ByteBuf bytes);

    /** Returns whether bytes of our own may follow what has been written. */
    boolean canAppend();

    /** Sends what has been written. */
    void flush();

    /** Ends the body cleanly and sends everything. */
    void end();

    /** Ends the response so that no downstream can take it for a whole one; what was written before is still sent. */
    void abort();

    /** Returns whether the downstream takes more without letting it pile up. */
    boolean isWritable();

    /** Returns how many bytes wait to be taken by the downstream. */
    long pendingBytes();
}
