// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

/** The state of one exchange, with one checked transition method. Confined to the exchange's loop. */
final class ExchangeLife {
    private ExchangeState state = ExchangeState.AUTHENTICATING;

    ExchangeState state() {
        return state;
    }

    /**
     * Moves to another state.
     *
     * @throws IllegalStateException if that state may not follow the current one
     */
    void moveTo(ExchangeState next) {
        if (!state.canBecome(next)) {
            throw new IllegalStateException("exchange: " + state + " to " + next + " (expected: a step of its life)");
        }
        state = next;
    }
}
