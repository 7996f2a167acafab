// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.spi.MetricsSnapshot;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MetricsBucketsTest {
    private final Metrics metrics = new Metrics(new Metrics.Gauges(() -> 0, () -> 0, () -> 0, () -> 0, () -> 0, () -> 0,
            () -> 0, List::of, List::of, () -> true));

    private MetricsSnapshot.Timing exchangeTime() {
        return metrics.snapshot().timings().stream().filter(timing -> timing.name().equals("exchange_time")).findFirst()
                .orElseThrow();
    }

    private static long upTo(MetricsSnapshot.Timing timing, long micros) {
        return timing.buckets().stream().filter(bucket -> bucket.maxNanos() <= TimeUnit.MICROSECONDS.toNanos(micros))
                .mapToLong(MetricsSnapshot.Bucket::count).sum();
    }

    @Test
    void shouldSortTheTimesOfAllLoopsIntoTheBuckets() {
        LoopRecorder one = metrics.newRecorder();
        LoopRecorder other = metrics.newRecorder();
        for (LoopRecorder recorder : new LoopRecorder[] {one, other}) {
            recorder.record(Timer.EXCHANGE_TIME, 0);
            recorder.record(Timer.EXCHANGE_TIME, TimeUnit.MICROSECONDS.toNanos(9));
            recorder.record(Timer.EXCHANGE_TIME, TimeUnit.MICROSECONDS.toNanos(20));
            recorder.record(Timer.EXCHANGE_TIME, TimeUnit.MILLISECONDS.toNanos(3));
            recorder.record(Timer.EXCHANGE_TIME, TimeUnit.MINUTES.toNanos(9));
            recorder.record(Timer.EXCHANGE_TIME, TimeUnit.MINUTES.toNanos(30));
        }

        MetricsSnapshot.Timing timing = exchangeTime();
        assertEquals(12, timing.count());
        assertEquals(4, upTo(timing, 10));
        assertEquals(6, upTo(timing, 25));
        assertEquals(6, upTo(timing, 2_500));
        assertEquals(8, upTo(timing, 5_000));
        assertEquals(8, upTo(timing, 300_000_000));
        assertEquals(10, upTo(timing, 600_000_000), "what is longer than the last bound is in no bucket");
        assertTrue(timing.sumNanos() > TimeUnit.MINUTES.toNanos(77), "sum: " + timing.sumNanos());
    }

    /** Counts never fall from one snapshot to the next, as a counter of Prometheus must not. */
    @Test
    void shouldKeepWhatWasCountedBefore() {
        LoopRecorder recorder = metrics.newRecorder();
        long before = 0;
        for (int i = 0; i < 50; i++) {
            recorder.record(Timer.EXCHANGE_TIME, TimeUnit.MICROSECONDS.toNanos(100L << i % 20));
            MetricsSnapshot.Timing timing = exchangeTime();
            long now = upTo(timing, Long.MAX_VALUE / 1000);
            assertEquals(i + 1, now);
            assertTrue(now > before);
            before = now;
        }
    }

    @Test
    void shouldHaveTheSameBucketsWithoutAnyTime() {
        assertEquals(24, exchangeTime().buckets().size());
        assertEquals(0, upTo(exchangeTime(), Long.MAX_VALUE / 1000));
    }
}
