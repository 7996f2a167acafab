// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import dev.sluice.protocol.error.RelayException;
import io.netty.buffer.ByteBuf;

/** The exchange, as its downstream edge sees it. Called on the connection's loop. */
public interface RequestListener {
    /** Starts the exchange; no other method is called before this one. */
    void start();

    /** Receives the next bytes of the body, after {@link RequestSource#readBody} asked for them; takes the buffer. */
    void onBody(ByteBuf bytes);

    /** Receives the end of the body. */
    void onBodyEnd();

    /** Receives the reason why the rest of the body cannot be received; no more of it follows. */
    void onBodyFailure(RelayException refusal);

    /** Marks the end of one read, after all of its bytes were delivered. */
    void onReadComplete();

    /**
     * Reports that the unsent bytes of the response fell below the low-water mark or rose above the high-water mark.
     */
    void onWritabilityChanged();

    /** Reports that the downstream closed its connection, or that it broke. */
    void onDownstreamClosed();
}
