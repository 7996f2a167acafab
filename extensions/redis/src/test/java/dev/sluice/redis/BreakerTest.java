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
            assertEquals(i == Breaker.MAX_FAILURES, fail(Duration.ofMillis(20)));
        }
    }

    /** Asks now and fails later. */
    private boolean fail(Duration after) {
        long asked = now;
        pass(after);
        return breaker.onFailure(asked, now);
    }

    @Test
    void shouldOpenAfterFailuresInARowOnly() {
        for (int i = 0; i < 100; i++) {
            assertTrue(breaker.mayAsk(now));
            if (i % Breaker.MAX_FAILURES == Breaker.MAX_FAILURES - 1) {
                assertFalse(breaker.onSuccess(now));
            } else {
                assertFalse(fail(Duration.ofMillis(20)));
            }
        }
        assertFalse(breaker.isOpen());
    }

    @Test
    void shouldCountQuestionsThatFailTogetherOnce() {
        long asked = now;
        pass(Duration.ofMillis(20));
        for (int i = 0; i < 100; i++) {
            assertTrue(breaker.mayAsk(asked));
            assertFalse(breaker.onFailure(asked + i, now + i));
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
            assertFalse(fail(Duration.ofMillis(20)));
        }
        pass(Duration.ofSeconds(31));
        assertTrue(breaker.mayAsk(now));
        assertTrue(breaker.onSuccess(now));
        assertTrue(breaker.mayAsk(now));
        open();
        pass(Duration.ofMillis(1001)); // the pauses begin anew
        assertTrue(breaker.mayAsk(now));
    }

    /** What was asked before it opened may fail later, or be answered after all. */
    @Test
    void shouldIgnoreLateResults() {
        long early = now;
        pass(Duration.ofMillis(1));
        open();
        assertFalse(breaker.onFailure(early, now));
        assertFalse(breaker.onSuccess(early));
        assertTrue(breaker.isOpen(), "a late answer does not shorten the pause");
        pass(Duration.ofMillis(1001));
        assertTrue(breaker.mayAsk(now), "nor does a late failure lengthen it");
        assertFalse(breaker.onSuccess(early));
        assertFalse(breaker.mayAsk(now), "the question after the pause is still open");
        assertTrue(breaker.onSuccess(now));
        assertTrue(breaker.mayAsk(now));
    }
}
