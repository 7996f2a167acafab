// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.util.List;

/**
 * A snapshot of the relay's metrics, merged over its event loops.
 *
 * @param counters counts since the start of the relay
 * @param gauges   values at the time of the snapshot
 * @param timings  distributions since the start of the relay
 */
public record MetricsSnapshot(List<Value> counters, List<Value> gauges, List<Timing> timings) {
    public MetricsSnapshot {
        counters = List.copyOf(counters);
        gauges = List.copyOf(gauges);
        timings = List.copyOf(timings);
    }

    /**
     * A counter or gauge.
     *
     * @param name  the name in snake case, without prefix or suffix, such as {@code exchanges_completed}
     * @param help  one sentence that describes the value
     * @param value the value
     */
    public record Value(String name, String help, long value) {
    }

    /**
     * A distribution of times, recorded with a precision of two decimal digits.
     *
     * @param name      the name in snake case, without prefix or unit, such as {@code time_to_first_event}
     * @param help      one sentence that describes the times
     * @param count     number of recorded times
     * @param sumNanos  sum of all times in nanoseconds
     * @param maxNanos  longest time in nanoseconds; 0 if there is none
     * @param quantiles quantiles of all times, ascending; empty if there is none
     * @param buckets   counts between fixed bounds, ascending, without the times beyond the last bound. Unlike
     *                  quantiles, they can be added up over relays
     */
    public record Timing(String name, String help, long count, double sumNanos, long maxNanos,
            List<Quantile> quantiles, List<Bucket> buckets) {
        public Timing {
            quantiles = List.copyOf(quantiles);
            buckets = List.copyOf(buckets);
        }
    }

    /**
     * The number of times between the bound of the bucket before and the bound of this one.
     *
     * @param maxNanos the bound in nanoseconds, inclusive, within the precision of the recording
     * @param count    number of times
     */
    public record Bucket(long maxNanos, long count) {
    }

    /**
     * A point of a distribution.
     *
     * @param rank  share of the times, above 0 and below 1; 0.99 is the 99th percentile
     * @param nanos time in nanoseconds that this share of the times does not exceed
     */
    public record Quantile(double rank, long nanos) {
    }
}
