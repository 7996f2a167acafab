// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import dev.sluice.engine.spi.MetricsSnapshot.Bucket;
import dev.sluice.engine.spi.MetricsSnapshot.FineBuckets;
import dev.sluice.engine.spi.MetricsSnapshot.Timing;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/**
 * The times that commands have taken, those that failed included. They are counted in the fine buckets of a
 * {@link Timing} only; everything else follows from these.
 *
 * <p><b>Threading:</b> any.
 */
final class RoundTrips {
    private static final long[] BOUNDS_MICROS = {50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 25_000,
        50_000, 100_000, 250_000, 1_000_000, 10_000_000};
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double LOG_OF_BASE = Math.log(2) / (1 << FineBuckets.SCALE);
    /** The index of the bucket that ends at a microsecond, and that of the last one, which begins at 16 s. */
    private static final int FIRST = -160;
    private static final int LAST = 33;

    private final AtomicLongArray counts = new AtomicLongArray(LAST - FIRST + 1);
    private final LongAdder sumNanos = new LongAdder();
    private final LongAccumulator maxNanos = new LongAccumulator(Math::max, 0);
    private final LongAdder failures = new LongAdder();

    void record(long nanos, boolean isFailure) {
        int index = (int) Math.ceil(Math.log(Math.max(1, nanos) / NANOS_PER_SECOND) / LOG_OF_BASE);
        counts.incrementAndGet(Math.min(Math.max(index, FIRST), LAST) - FIRST);
        sumNanos.add(nanos);
        maxNanos.accumulate(nanos);
        if (isFailure) {
            failures.increment();
        }
    }

    long failures() {
        return failures.sum();
    }

    Timing timing() {
        List<Long> fine = new ArrayList<>();
        long[] coarse = new long[BOUNDS_MICROS.length];
        long count = 0;
        for (int i = 0; i < counts.length(); i++) {
            long here = counts.get(i);
            fine.add(here);
            count += here;
            double boundNanos = Math.exp((FIRST + i) * LOG_OF_BASE) * NANOS_PER_SECOND;
            int bucket = 0;
            while (bucket < coarse.length && boundNanos > TimeUnit.MICROSECONDS.toNanos(BOUNDS_MICROS[bucket])) {
                bucket++;
            }
            if (bucket < coarse.length) {
                coarse[bucket] += here;
            }
        }
        List<Bucket> buckets = new ArrayList<>();
        for (int i = 0; i < coarse.length; i++) {
            buckets.add(new Bucket(TimeUnit.MICROSECONDS.toNanos(BOUNDS_MICROS[i]), coarse[i]));
        }
        return new Timing("state_round_trip", "From a command to the shared store to its answer, or to its failure.",
                count, sumNanos.sum(), maxNanos.get(), List.of(), buckets, new FineBuckets(0, FIRST, fine));
    }
}
