// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.protocol.framing.BodyPiece;

/**
 * A downstream WebSocket, as its upstream connections see it. It owns at most one upstream WebSocket per endpoint. Used
 * on the connection's loop.
 */
public interface MessageSession {
    /** {@return the connection's id, that of the exchange that was its handshake} */
    String id();

    /** Returns the usable WebSocket to an endpoint, or null for none. */
    SessionSocket socketTo(Endpoint endpoint);

    /**
     * Reports that an upstream has begun a response.
     *
     * @param on   the WebSocket that knows the response, so that requests which continue it belong there
     * @param lane the name; null for the default lane
     * @param id   the response's id; null if it is not known
     */
    void onResponseBegun(SessionSocket on, String lane, String id);

    /** Adds a WebSocket that was opened for this connection. */
    void onSocketOpened(SessionSocket socket);

    /**
     * Removes a WebSocket that is closed or takes no further requests. Called before its open responses are reported as
     * lost.
     *
     * @param status the status of its close frame; 1006 if there was none
     * @param reason the reason in that frame; empty for none
     */
    void onSocketClosed(SessionSocket socket, int status, String reason);

    /**
     * Holds back the requests of a lane, because the upstream is about to begin a response there by itself.
     *
     * @param lane the name; null for the default lane
     */
    void holdLane(String lane);

    /** Lets the requests of a lane go on, because no such response follows. */
    void releaseLane(String lane);

    /**
     * Makes a response that an upstream has begun by itself an exchange, which is counted and logged as any other.
     *
     * @param from the WebSocket on which it has begun
     * @param lane the name of a lane that is held; null for the default lane
     */
    void adopt(SessionSocket from, String lane);

    /** {@return whether more than the default lane has been used} */
    boolean hasNamedLanes();

    /**
     * Returns whether the downstream takes more messages of a WebSocket.
     *
     * @param lane the lane of the long message within which it is; null if it is within none, or in the default lane
     */
    boolean isWritable(SessionSocket socket, String lane);

    /**
     * Passes on messages that belong to no exchange.
     *
     * @param from  the WebSocket on which they arrived
     * @param piece borrowed; its buffer is taken
     */
    void relay(SessionSocket from, BodyPiece piece);

    /** Sends everything that was written. */
    void flush();
}
