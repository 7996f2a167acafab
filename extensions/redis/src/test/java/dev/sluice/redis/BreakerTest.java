// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BreakerTest {
    private final Breaker breaker = new Breaker();
    private long now = Long.MAX_VALUE - 5; // the clock may overflow

    private void pass(Duration time) {
        now += time.toNanos();
    }

    private void open() {
        for (int i = 1; i <= Breaker.MAX_FAILURES; i++) {
            assertTrue(breaker.mayAsk(now));
            assertEquals(i == Breaker.MAX_FAILURES, breaker.onFailure(now));
        }
    }

    @Test
    void shouldOpenAfterFailuresInARowOnly() {
        for (int i = 0; i < 100; i++) {
            assertTrue(breaker.mayAsk(now));
            if (i % Breaker.MAX_FAILURES == Breaker.MAX_FAILURES - 1) {
                assertFalse(breaker.onSuccess());
            } else {
                assertFalse(breaker.onFailure(now));
            }
        }
        assertFalse(breaker.isOpen());
    }

    @Test
    void shouldAskOnceAfterEachPauseWhichDoubles() {
        open();
        for (long seconds : new long[] {1, 2, 4, 8, 16, 30, 30}) {
            assertFalse(breaker.mayAsk(now));
            pass(Duration.ofSeconds(seconds).minusMillis(1));
            assertFalse(breaker.mayAsk(now), seconds + " s");
            pass(Duration.ofMillis(2));
            assertTrue(breaker.mayAsk(now), seconds + " s");
            assertFalse(breaker.mayAsk(now), "a second question beside the first");
            assertFalse(breaker.onFailure(now));
        }
        pass(Duration.ofSeconds(31));
        assertTrue(breaker.mayAsk(now));
        assertTrue(breaker.onSuccess());
        assertTrue(breaker.mayAsk(now));
        open();
        pass(Duration.ofMillis(1001)); // the pauses begin anew
        assertTrue(breaker.mayAsk(now));
    }

    /** What was asked before it opened may fail later, or be answered after all. */
    @Test
    void shouldTakeLateResults() {
        open();
        assertFalse(breaker.onFailure(now));
        pass(Duration.ofMillis(1001));
        assertTrue(breaker.mayAsk(now), "a late failure does not lengthen the pause");
        assertFalse(breaker.onFailure(now));
        assertTrue(breaker.onSuccess(), "a late answer closes it");
        assertTrue(breaker.mayAsk(now));
    }
}
