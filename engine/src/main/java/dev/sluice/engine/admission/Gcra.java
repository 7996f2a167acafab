// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import dev.sluice.engine.spi.QuotaStatus;
import java.time.Duration;

/**
 * A rate limit by the generic cell rate algorithm (ITU-T I.371): one number for each limit, the theoretical arrival
 * time, at which all of the limit may be used at once again. There is no window whose edge doubles a burst.
 *
 * <p><b>Threading:</b> the caller's lock.
 */
final class Gcra {
    private static final double MINUTE_NANOS = 60e9;

    /** The time of the clock at which nothing of the limit is used any more; the past for an unused limit. */
    private long fullNanos;

    /** Creates an unused limit. */
    Gcra(long nowNanos) {
        fullNanos = nowNanos;
    }

    /**
     * Returns the time to wait until a number of units may be used; 0 or less if they may be used now.
     *
     * @param perMinute the limit, which may be used at once
     * @param units     at most the limit
     */
    long waitNanos(long perMinute, long units, long nowNanos) {
        double unitNanos = MINUTE_NANOS / perMinute;
        return usedNanos(nowNanos) - Math.round((perMinute - units) * unitNanos);
    }

    /**
     * Counts units, also beyond the limit; a negative number gives units back.
     *
     * @param perMinute the limit
     */
    void use(long perMinute, long units, long nowNanos) {
        fullNanos = nowNanos + usedNanos(nowNanos) + Math.round(units * (MINUTE_NANOS / perMinute));
    }

    private long usedNanos(long nowNanos) {
        return Math.max(0, fullNanos - nowNanos);
    }

    /** Returns whether all of the limit may be used. */
    boolean isFull(long nowNanos) {
        return fullNanos - nowNanos <= 0;
    }

    QuotaStatus.Left left(long perMinute, long nowNanos) {
        long remaining = (long) Math.floor(perMinute - usedNanos(nowNanos) / (MINUTE_NANOS / perMinute) + 1e-6);
        return new QuotaStatus.Left(perMinute, Math.max(0, remaining), Duration.ofNanos(usedNanos(nowNanos)));
    }
}
