// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import java.time.Duration;

/**
 * A circuit breaker: after five failures in a row nothing is asked for a second, then one question shows whether there
 * are answers again. Each time that it fails, the pause doubles, to at most 30 seconds. Thread-safe.
 */
final class Breaker {
    static final int MAX_FAILURES = 5;
    private static final long FIRST_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long MAX_NANOS = Duration.ofSeconds(30).toNanos();

    private int failures;
    private boolean isOpen;
    private boolean isProbing;
    private long untilNanos;
    private long pauseNanos = FIRST_NANOS;

    /** Returns whether a question may be asked. Each one that may must be reported as a success or a failure. */
    synchronized boolean mayAsk(long nowNanos) {
        if (!isOpen) {
            return true;
        }
        if (isProbing || nowNanos - untilNanos < 0) {
            return false;
        }
        isProbing = true;
        return true;
    }

    /** Records an answer; returns whether it closes the breaker. */
    synchronized boolean onSuccess() {
        failures = 0;
        isProbing = false;
        pauseNanos = FIRST_NANOS;
        boolean wasOpen = isOpen;
        isOpen = false;
        return wasOpen;
    }

    /** Records a failure; returns whether it opens the breaker that was closed. */
    synchronized boolean onFailure(long nowNanos) {
        failures++;
        if (isOpen) {
            if (isProbing) { // others were asked before it opened
                isProbing = false;
                pauseNanos = Math.min(2 * pauseNanos, MAX_NANOS);
                untilNanos = nowNanos + pauseNanos;
            }
            return false;
        }
        if (failures < MAX_FAILURES) {
            return false;
        }
        isOpen = true;
        untilNanos = nowNanos + pauseNanos;
        return true;
    }

    synchronized boolean isOpen() {
        return isOpen;
    }
}
