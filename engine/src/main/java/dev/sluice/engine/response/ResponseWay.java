// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.framing.BodyPiece;

/**
 * A way in which a response is handled: held, relayed, collected or drained. The way is chosen once, when the
 * response's head arrives. Where one way follows another, one object replaces the other.
 *
 * <p><b>Threading:</b> confined to the exchange's loop.
 */
public interface ResponseWay {
    /** Begins, when the first body bytes have arrived or none will; called at most once. */
    default void begin() {
    }

    /**
     * Receives body bytes.
     *
     * @param piece borrowed; its buffer is taken
     */
    void onBody(BodyPiece piece);

    /** Marks the end of one read, after all of its bytes were delivered. */
    void onReadComplete();

    /**
     * Receives the end of the response.
     *
     * @param isByClose whether only the close of the connection marked the end
     */
    void onEnd(boolean isByClose);

    /** Reports that the upstream is lost and that no other attempt is made. */
    void onLost(ErrorCode cause);

    /** Reports that the downstream has left. */
    void onDownstreamClosed();

    /** {@return the clock's time at the latest read} */
    long lastReadNanos();

    /** {@return the HTTP status that goes downstream} */
    int status();
}
