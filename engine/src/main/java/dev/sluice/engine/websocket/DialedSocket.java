// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

/**
 * An upstream WebSocket whose handshake was accepted before that of the downstream connection for which it was opened.
 * Used on the loop of both.
 */
public interface DialedSocket {
    /**
     * Gives the WebSocket to the downstream connection, which owns it from here on; once. Without this call, it is
     * closed by the end of the attempt that opened it.
     */
    void join(MessageSession session);
}
