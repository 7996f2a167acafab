// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import java.time.Duration;

/**
 * A circuit breaker: after five failures in a row nothing is asked for a second, then one question shows whether there
 * are answers again. Each time that it fails, the pause doubles, to at most 30 seconds.
 *
 * <p>Questions that were asked at the same time and fail together are one failure: a pause of this process, or of the
 * network, of a few milliseconds is no loss, however many requests it delays.
 *
 * <p><b>Threading:</b> any.
 */
final class Breaker {
    static final int MAX_FAILURES = 5;
    private static final long FIRST_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long MAX_NANOS = Duration.ofSeconds(30).toNanos();

    private int failures;
    private boolean isOpen;
    private boolean isProbing;
    private long failedNanos; // of the latest failure that counted
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

    /**
     * Records an answer.
     *
     * @param askedNanos when it was asked for
     * @return whether it closes the breaker, which only the answer to the question after a pause does
     */
    synchronized boolean onSuccess(long askedNanos) {
        if (isOpen && askedNanos - failedNanos < 0) {
            return false;
        }
        failures = 0;
        isProbing = false;
        pauseNanos = FIRST_NANOS;
        boolean wasOpen = isOpen;
        isOpen = false;
        return wasOpen;
    }

    /**
     * Records a failure.
     *
     * @param askedNanos when it was asked
     * @return whether it opens the breaker that was closed
     */
    synchronized boolean onFailure(long askedNanos, long nowNanos) {
        if ((failures > 0 || isOpen) && askedNanos - failedNanos < 0) {
            return false;
        }
        failedNanos = nowNanos;
        failures++;
        if (isOpen) {
            isProbing = false;
            pauseNanos = Math.min(2 * pauseNanos, MAX_NANOS);
            untilNanos = nowNanos + pauseNanos;
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
