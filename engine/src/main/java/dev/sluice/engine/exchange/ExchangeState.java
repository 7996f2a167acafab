// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

/** Where one exchange stands. Constants are declared in the order an untroubled exchange passes through them. */
enum ExchangeState {
    /** The request head has arrived; the caller is being identified. */
    AUTHENTICATING(false),
    /** The body is being scanned as it arrives; no route is known yet, or not enough of the body is there. */
    PLANNING(false),
    /** The plan is fixed; an upstream connection is being acquired. */
    CONNECTING(false),
    /** The edited body is being sent, or an answer awaited; no response byte has reached the downstream. */
    FORWARDING(false),
    /** The response head went downstream: from here on a failure can only end the response. */
    RELAYING(true),
    /** The downstream has left; the rest of the answer is read for its usage. */
    DRAINING(true),
    /** Terminal: the whole response was handed to the downstream channel. */
    COMPLETED(true),
    /** Terminal: ended early by an error, a deadline or a disconnect. */
    FAILED(true);

    private final boolean responseCommitted;

    ExchangeState(boolean responseCommitted) {
        this.responseCommitted = responseCommitted;
    }

    /** Returns whether it is too late to answer with an HTTP status of our own. */
    boolean isResponseCommitted() {
        return responseCommitted;
    }

    boolean isTerminal() {
        return this == COMPLETED || this == FAILED;
    }

    /** Returns whether {@code next} may directly follow this state. */
    boolean canBecome(ExchangeState next) {
        return switch (this) {
            case AUTHENTICATING -> next == PLANNING || next == COMPLETED || next == FAILED; // COMPLETED: answered here
            case PLANNING -> next == CONNECTING || next == FAILED;
            case CONNECTING -> next == FORWARDING || next == FAILED;
            // CONNECTING: another attempt; DRAINING: while an answer is collected
            case FORWARDING -> next == RELAYING || next == CONNECTING || next == DRAINING || next == FAILED;
            case RELAYING -> next == COMPLETED || next == DRAINING || next == FAILED;
            case DRAINING -> next == FAILED;
            case COMPLETED, FAILED -> false;
        };
    }
}
