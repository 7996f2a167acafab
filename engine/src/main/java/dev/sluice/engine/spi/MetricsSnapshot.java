// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.util.List;

/**
 * The relay's metrics at one moment, merged over its event loops.
 *
 * @param counters since the start
 * @param gauges   as of now
 * @param timings  since the start
 */
public record MetricsSnapshot(List<Value> counters, List<Value> gauges, List<Timing> timings) {
    public MetricsSnapshot {
        counters = List.copyOf(counters);
        gauges = List.copyOf(gauges);
        timings = List.copyOf(timings);
    }

    /**
     * One number.
     *
     * @param name  in snake case, without prefix or suffix: {@code exchanges_completed}
     * @param help  one sentence
     * @param value the number
     */
    public record Value(String name, String help, long value) {
    }

    /**
     * One distribution, recorded to two digits.
     *
     * @param name      in snake case, without prefix or unit: {@code time_to_first_event}
     * @param help      one sentence
     * @param count     how many times were recorded
     * @param sumNanos  of all of them
     * @param maxNanos  the longest; 0 where there is none
     * @param quantiles of all of them, ascending; empty where there is none
     */
    public record Timing(String name, String help, long count, double sumNanos, long maxNanos,
            List<Quantile> quantiles) {
        public Timing {
            quantiles = List.copyOf(quantiles);
        }
    }

    /**
     * A point of a distribution.
     *
     * @param rank  above 0, below 1: 0.99 for the 99th percentile
     * @param nanos the time that this share of all times does not exceed
     */
    public record Quantile(double rank, long nanos) {
    }
}
