// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExchangeStateTest {

    @Test
    void shouldWalkAnUntroubledLife() {
        ExchangeState[] life = {ExchangeState.AUTHENTICATING, ExchangeState.ADMITTING, ExchangeState.PLANNING,
            ExchangeState.CONNECTING, ExchangeState.FORWARDING, ExchangeState.RELAYING, ExchangeState.COMPLETED};
        for (int i = 1; i < life.length; i++) {
            assertTrue(life[i - 1].canBecome(life[i]), life[i].toString());
        }
    }

    @ParameterizedTest
    @EnumSource(ExchangeState.class)
    void shouldBeAbleToFailUnlessItIsOver(ExchangeState state) {
        assertEquals(!state.isTerminal(), state.canBecome(ExchangeState.FAILED));
    }

    @ParameterizedTest
    @EnumSource(ExchangeState.class)
    void shouldNeverGoBackBehindTheCommit(ExchangeState state) {
        for (ExchangeState next : ExchangeState.values()) {
            if (state.isCommitted() && !next.isCommitted() && !next.isTerminal()) {
                assertFalse(state.canBecome(next), state + " to " + next);
            }
        }
    }
}
