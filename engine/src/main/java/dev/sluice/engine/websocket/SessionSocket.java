// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.engine.cluster.Endpoint;
import io.netty.buffer.ByteBuf;

/** An upstream WebSocket, as the downstream connection that owns it sees it. Used on the loop of both. */
public interface SessionSocket {
    /** {@return the endpoint} */
    Endpoint endpoint();

    /** {@return whether another request may be sent on it} */
    boolean isUsable();

    /** {@return whether its handshake was ever accepted, so that the upstream may have known something there} */
    boolean hasOpened();

    /**
     * Reports that no exchange will own a response that the upstream has begun by itself, although it may still run.
     *
     * @param lane the name; null for the default lane
     */
    void onAdoptionRefused(String lane);

    /** {@return whether a response runs on it} */
    boolean isRunning();

    /** Resumes reading if it was paused because the downstream took nothing. */
    void onDownstreamWritable();

    /**
     * Sends a message that belongs to no request.
     *
     * @param text taken
     * @return false if too many bytes wait to be sent, so that the message is dropped
     */
    boolean send(ByteBuf text);

    /** Closes it, because the downstream connection has ended: at once, or after the responses that are still read. */
    void leave();
}
