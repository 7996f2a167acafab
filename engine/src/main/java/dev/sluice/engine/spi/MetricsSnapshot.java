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
 * @param families counts and values by labels, such as the exchanges of each route and endpoint
 */
public record MetricsSnapshot(List<Value> counters, List<Value> gauges, List<Timing> timings, List<Family> families) {
    public MetricsSnapshot {
        counters = List.copyOf(counters);
        gauges = List.copyOf(gauges);
        timings = List.copyOf(timings);
        families = List.copyOf(families);
    }

    /**
     * A metric with a value for each combination of labels that has occurred. The number of combinations is bounded.
     *
     * @param name    the name in snake case, without prefix or suffix, such as {@code exchanges}
     * @param help    one sentence that describes the values
     * @param kind    whether the values only grow
     * @param labels  the names of the labels
     * @param samples the values, at most one for each combination
     */
    public record Family(String name, String help, Kind kind, List<String> labels, List<Sample> samples) {
        public Family {
            labels = List.copyOf(labels);
            samples = List.copyOf(samples);
        }
    }

    /** The kinds of labelled metrics. */
    public enum Kind {
        /** Counts since the start of the relay. */
        COUNTER,
        /** Values at the time of the snapshot. */
        GAUGE
    }

    /**
     * One value of a metric with labels.
     *
     * @param labels the values of the labels, in the order of their names; empty text for one that does not apply
     * @param value  the value
     */
    public record Sample(List<String> labels, double value) {
        public Sample {
            labels = List.copyOf(labels);
        }
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
     * @param fine      all counts between bounds that grow exponentially
     */
    public record Timing(String name, String help, long count, double sumNanos, long maxNanos,
            List<Quantile> quantiles, List<Bucket> buckets, FineBuckets fine) {
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
     * Counts between bounds that are powers of 2<sup>1/8</sup> seconds, as in a native histogram of Prometheus with
     * schema 3, or an exponential histogram of OpenTelemetry with scale 3. They can be added up over relays.
     *
     * @param zeros      number of times of zero
     * @param firstIndex index of the first count; the bucket with index i has the times above 2<sup>(i-1)/8</sup> s, up
     *                   to 2<sup>i/8</sup> s
     * @param counts     numbers of times, without gaps; empty if there is none above zero
     */
    public record FineBuckets(long zeros, int firstIndex, List<Long> counts) {
        /** The schema, or scale. */
        public static final int SCALE = 3;

        public FineBuckets {
            counts = List.copyOf(counts);
        }
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
