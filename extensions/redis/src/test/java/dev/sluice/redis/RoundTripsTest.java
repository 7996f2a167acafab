// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.engine.spi.MetricsSnapshot.Bucket;
import dev.sluice.engine.spi.MetricsSnapshot.Timing;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RoundTripsTest {

    @Test
    void shouldCountEachTimeInOneBucketOfEachKind() {
        RoundTrips trips = new RoundTrips();
        trips.record(0, false);
        trips.record(TimeUnit.MICROSECONDS.toNanos(300), false);
        trips.record(TimeUnit.MICROSECONDS.toNanos(900), false);
        trips.record(TimeUnit.MILLISECONDS.toNanos(20), true);
        trips.record(TimeUnit.SECONDS.toNanos(100), true);

        Timing timing = trips.timing();

        assertEquals(5, timing.count());
        assertEquals(2, trips.failures());
        assertEquals(5, timing.fine().counts().stream().mapToLong(Long::longValue).sum());
        assertEquals(1, upTo(timing, 50));
        assertEquals(2, upTo(timing, 500));
        assertEquals(3, upTo(timing, 1_000));
        assertEquals(4, upTo(timing, 25_000)); // all but the one beyond the last bound
        assertEquals(4, upTo(timing, 10_000_000));
        assertEquals(TimeUnit.SECONDS.toNanos(100), timing.maxNanos());
    }

    private static long upTo(Timing timing, long micros) {
        return timing.buckets().stream().filter(bucket -> bucket.maxNanos() <= TimeUnit.MICROSECONDS.toNanos(micros))
                .mapToLong(Bucket::count).sum();
    }
}
