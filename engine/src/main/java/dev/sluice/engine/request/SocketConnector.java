// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.engine.websocket.MessageSource;

/** The upstream WebSockets of one event loop, each of which belongs to one downstream connection. */
public interface SocketConnector {
    /**
     * Acquires a lane for an attempt, on the WebSocket that the connection of its message has to the endpoint, or on a
     * new one. The result is reported to the attempt.
     */
    void acquire(Endpoint endpoint, MessageSource message, UpstreamListener attempt);
}
