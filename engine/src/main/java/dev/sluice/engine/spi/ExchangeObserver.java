// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

/**
 * An observer of exchanges. The access log, the metrics and usage records are observers, and an embedder can add more
 * (see {@link Extensions.Builder#observer}).
 *
 * <p>An exchange calls its observers in this order: {@link #onStarted} once; {@link #onPlanned} at most once; for each
 * attempt {@link #onAttemptBegan} and {@link #onAttemptEnded}; {@link #onCommitted} at most once; {@link #onEnded}
 * once. Two attempts can overlap (hedging). All attempts end before the exchange does. No method is called per event.
 *
 * <p><b>Threading:</b> one observer serves all exchanges of the relay. Each call is made on the event loop of its
 * exchange, so it must not block; calls for exchanges of different loops overlap.
 *
 * <p><b>Errors:</b> an exception is logged and has no effect on the exchange or on other observers.
 */
public interface ExchangeObserver {
    /**
     * Called when the head of a request was accepted; the caller is not known yet.
     *
     * @param exchange valid until {@link #onEnded} returns
     */
    default void onStarted(ObservedExchange exchange) {
    }

    /**
     * Called when the request was routed: model and cluster are known from now on.
     *
     * @param exchange the exchange
     */
    default void onPlanned(ObservedExchange exchange) {
    }

    /**
     * Called when an endpoint was chosen for an attempt. The head of the request has not been written yet, so headers
     * can be added to it.
     *
     * @param exchange the exchange
     * @param attempt  valid until its {@link #onAttemptEnded} returns
     */
    default void onAttemptBegan(ObservedExchange exchange, ObservedAttempt attempt) {
    }

    /**
     * Called when an attempt has ended, or when the exchange does not need it any longer.
     *
     * @param exchange the exchange
     * @param attempt  the attempt
     */
    default void onAttemptEnded(ObservedExchange exchange, ObservedAttempt attempt) {
    }

    /**
     * Called when the upstream's response head is about to be sent downstream. No other attempt is made from now on.
     *
     * @param exchange the exchange
     */
    default void onCommitted(ObservedExchange exchange) {
    }

    /**
     * Called when the exchange has ended; every value is final.
     *
     * @param exchange the exchange
     */
    default void onEnded(ObservedExchange exchange) {
    }

    /**
     * Called when a WebSocket of a downstream has ended, after its last exchange unless that is still drained.
     *
     * @param session the WebSocket
     */
    default void onSessionEnded(ObservedSession session) {
    }
}
