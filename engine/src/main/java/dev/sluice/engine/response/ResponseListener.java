// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.Failure;

/** The exchange, as its response sees it. Called on the exchange's loop. */
public interface ResponseListener {
    /**
     * Reports that the head is about to be sent downstream: from now on no other attempt is made.
     *
     * @param nowNanos the clock's time
     */
    void onCommit(long nowNanos);

    /**
     * Reports that the body is being collected to one document: another attempt can be made until the document is
     * passed on.
     */
    void onCollecting();

    /** Reports that the downstream has left and the rest of the response is read for its usage. */
    void onDraining();

    /** Receives the response's id; may be called again with the same id. */
    void onResponseId(String id);

    /**
     * Reports that the end of the response is about to be written. The exchange releases its caller's permits, because
     * the caller's next request can arrive before {@link #onEnded} is called.
     */
    void onEnding();

    /**
     * Reports the end of the exchange.
     *
     * @param end   how the exchange ended
     * @param error an error code, or null to use the one that was observed in the response
     */
    void onEnded(ExchangeEnd end, String error);

    /**
     * Reports that the response reports a failure, or has broken off, while nothing of it was sent downstream.
     *
     * @param failure     the failure; null if the response broke off
     * @param isBeginning whether the failure is the beginning of the response
     * @return whether another attempt takes its place, so that the response must not be used
     */
    boolean onFailure(Failure failure, boolean isBeginning);

    /** Receives the reason why the response cannot be passed on; nothing of it was sent downstream. */
    void onRefused(RelayException refusal);
}
