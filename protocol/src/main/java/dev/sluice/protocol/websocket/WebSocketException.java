// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.websocket;

/**
 * An exception for frames or messages that break RFC 6455 or a limit. The connection must be closed with the status of
 * the exception.
 */
public final class WebSocketException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The status code of the close frame. */
    private final int status;

    /**
     * Creates an exception without a stack trace, because a peer can provoke it at will.
     *
     * @param status  the status code of the close frame to send, such as {@link CloseStatus#PROTOCOL_ERROR}
     * @param message the finding and the expected form; never a byte of a payload
     */
    public WebSocketException(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    /** {@return the status code of the close frame to send} */
    public int status() {
        return status;
    }
}
