// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * The times until a cluster's responses began, over the last one to two minutes. Thread-safe; a lock is held while one
 * value is recorded, once per exchange.
 */
final class ResponseTimes {
    private static final long WINDOW_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long LONGEST_MICROS = TimeUnit.HOURS.toMicros(1);
    private static final long REFRESH_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int MIN_COUNT = 20;
    private static final int DIGITS = 2;

    private Histogram current = new Histogram(1, LONGEST_MICROS, DIGITS);
    private Histogram before = new Histogram(1, LONGEST_MICROS, DIGITS);
    private boolean hasWindow;
    private long windowNanos;
    private Histogram merged;
    private long mergedNanos;

    ResponseTimes() {
    }

    /** Records the time of one response. */
    public synchronized void add(long nanos, long nowNanos) {
        roll(nowNanos);
        current.recordValue(Math.max(1, Math.min(TimeUnit.NANOSECONDS.toMicros(nanos), LONGEST_MICROS)));
    }

    /**
     * Returns the time within which a given share of the responses began, computed at most one second ago; -1 if there
     * were too few responses.
     *
     * @param quantile the share, 0 to 1
     */
    public synchronized long quantileNanos(double quantile, long nowNanos) {
        if (merged == null || nowNanos - mergedNanos >= REFRESH_NANOS) {
            roll(nowNanos);
            merged = current.copy();
            merged.add(before);
            mergedNanos = nowNanos;
        }
        return merged.getTotalCount() < MIN_COUNT ? -1
                : TimeUnit.MICROSECONDS.toNanos(merged.getValueAtPercentile(quantile * 100));
    }

    private void roll(long nowNanos) {
        if (hasWindow && nowNanos - windowNanos < WINDOW_NANOS) {
            return;
        }
        Histogram oldest = before;
        before = current;
        oldest.reset();
        current = oldest;
        if (hasWindow && nowNanos - windowNanos >= 2 * WINDOW_NANOS) {
            before.reset();
        }
        windowNanos = nowNanos;
        hasWindow = true;
    }
}
