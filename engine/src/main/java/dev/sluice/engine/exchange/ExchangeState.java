// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

/** The states of an exchange, in the order in which an untroubled one passes through them. */
enum ExchangeState {
    /** The request's head has arrived; the caller is being identified. */
    AUTHENTICATING,
    /** The caller is known; the exchange waits for a permit of the relay. */
    ADMITTING,
    /** The body is scanned as it arrives; the route is not known yet, or no endpoint may be asked yet. */
    PLANNING,
    /** An endpoint is chosen and a connection is being acquired. */
    CONNECTING,
    /** The edited body is being sent, or the exchange waits for the response; nothing was sent downstream. */
    FORWARDING,
    /** The response is collected to one document; nothing was sent downstream. */
    COLLECTING,
    /** The response's head was sent downstream: from now on a failure can only end the response. */
    RELAYING,
    /** The downstream has left; the rest of the response is read for its usage. */
    DRAINING,
    /** Terminal: the whole response was handed to the downstream. */
    COMPLETED,
    /** Terminal: ended early by an error, a deadline or a disconnect. */
    FAILED;

    /** Returns whether it is too late to answer with an HTTP status of the relay's own. */
    boolean isCommitted() {
        return this == RELAYING || this == DRAINING;
    }

    /** Returns whether the body of a response is being read. */
    boolean isAnswered() {
        return this == COLLECTING || this == RELAYING || this == DRAINING;
    }

    boolean isTerminal() {
        return this == COMPLETED || this == FAILED;
    }

    /** Returns whether {@code next} may directly follow this state. */
    boolean canBecome(ExchangeState next) {
        return switch (this) {
            case AUTHENTICATING -> next == ADMITTING || next == FAILED;
            case ADMITTING -> next == PLANNING || next == COMPLETED || next == FAILED; // COMPLETED: answered here
            case PLANNING -> next == CONNECTING || next == COMPLETED || next == FAILED; // COMPLETED: as above
            case CONNECTING -> next == FORWARDING || next == CONNECTING // another attempt
                    || next == FAILED;
            case FORWARDING -> next == RELAYING || next == COLLECTING || next == CONNECTING || next == FAILED;
            case COLLECTING -> next == COMPLETED || next == DRAINING || next == CONNECTING || next == FAILED;
            case RELAYING -> next == COMPLETED || next == DRAINING || next == FAILED;
            case DRAINING -> next == FAILED;
            case COMPLETED, FAILED -> false;
        };
    }
}
