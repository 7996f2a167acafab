// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.KeyLimits;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestQuota;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class KeyQuotaTest {
    private final AtomicLong now = new AtomicLong();
    private final KeyQuota quota = new KeyQuota(now::get);

    private static Principal caller(int inFlight, int requests, long tokens) {
        return Principal.of("alice").withLimits(new KeyLimits(inFlight, requests, tokens));
    }

    /** Returns the time after which the request may be retried, or null if it was admitted. */
    private Duration ask(Principal caller) {
        AtomicReference<Duration> refused = new AtomicReference<>();
        quota.admit(caller, new RequestQuota.Answer() {
            @Override
            public void admit() {
                refused.set(null);
            }

            @Override
            public void refuse(String reason, Duration retryAfter) {
                refused.set(retryAfter);
            }
        });
        return refused.get();
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void shouldCountWhatIsInFlight() {
        Principal caller = caller(2, 0, 0);
        assertNull(ask(caller));
        assertNull(ask(caller));
        assertEquals(1, ask(caller).toSeconds());
        quota.settle(caller, 5);
        assertNull(ask(caller));
    }

    @Test
    void shouldCountRequestsAMinute() {
        Principal caller = caller(0, 60, 0);
        for (int i = 0; i < 60; i++) {
            assertNull(ask(caller));
            quota.settle(caller, 0);
        }
        assertEquals(1, ask(caller).toSeconds());
        pass(Duration.ofMillis(1001));
        assertNull(ask(caller));
        assertEquals(0, ask(caller).toSeconds()); // less than a second, which is reported as one
        pass(Duration.ofMinutes(5));
        for (int i = 0; i < 60; i++) {
            assertNull(ask(caller));
        }
        assertTrue(ask(caller).toMillis() > 0); // five quiet minutes do not allow five minutes' requests at once
    }

    /** Token counts are known late, so tokens used beyond the limit must be regained before the next request. */
    @Test
    void shouldSettleTokensAfterwards() {
        Principal caller = caller(0, 0, 1000);
        assertNull(ask(caller));
        assertNull(ask(caller));
        quota.settle(caller, 2500);
        quota.settle(caller, 500);

        Duration wait = ask(caller);
        assertEquals(120, wait.toSeconds(), 1.0);
        pass(wait.minusMillis(100));
        assertTrue(ask(caller) != null);
        pass(Duration.ofMillis(200));
        assertNull(ask(caller));
    }

    @Test
    void shouldNotLimitWhoHasNoLimits() {
        for (int i = 0; i < 1000; i++) {
            assertNull(ask(Principal.of("bob")));
        }
        quota.settle(Principal.of("bob"), 1_000_000);
        assertNull(ask(Principal.of("bob")));
    }

    /** A request with the same caller name but no token limit does not cancel the caller's debt. */
    @Test
    void shouldRememberADebt() {
        Principal caller = caller(0, 0, 100);
        assertNull(ask(caller));
        quota.settle(caller, 1000);
        assertNull(ask(caller(5, 0, 0)));
        assertTrue(ask(caller) != null);
    }
}
