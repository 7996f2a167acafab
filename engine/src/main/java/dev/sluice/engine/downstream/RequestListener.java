// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.protocol.error.RelayException;
import io.netty.buffer.ByteBuf;

/** The exchange as its downstream connection sees it. Called on the connection's loop. */
public interface RequestListener {
    /** Starts the exchange; nothing else is called before. */
    void start();

    /** The next bytes of the body, asked for by {@link DownstreamPort#readBody}; takes the buffer. */
    void onBody(ByteBuf bytes);

    /** The body has ended. */
    void onBodyEnd();

    /** The body's framing is malformed; no more of it will come. */
    void onBodyFailure(RelayException refusal);

    /** The bytes of one read have all been told. */
    void onReadComplete();

    /** What waits for the downstream fell below the low water mark, or rose above the high one. */
    void onWritabilityChanged();

    /** The downstream has closed its connection, or it broke. */
    void onDownstreamClosed();
}
