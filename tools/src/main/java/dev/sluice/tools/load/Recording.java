// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * The measurements of a run. Times are in nanoseconds.
 *
 * <p><b>Threading:</b> written by the load's only event loop. Other threads read it after the run, or read approximate
 * values during the run.
 */
final class Recording {
    private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final int DIGITS = 3;

    private final Map<Time, Histogram> times = new EnumMap<>(Time.class);
    /** The times of the current second. */
    private final Map<Time, Histogram> recent = new EnumMap<>(Time.class);
    private final List<Second> seconds = new ArrayList<>();
    private final Map<String, Long> errors = new TreeMap<>();
    private long started;
    private long completed;
    private long events;
    private long bytes;
    private long wrong;
    private long unverified;
    private long compared;
    private volatile long errorCount;

    Recording() {
        for (Time time : Time.values()) {
            times.put(time, new Histogram(1, LONGEST_NANOS, DIGITS));
            recent.put(time, new Histogram(1, LONGEST_NANOS, 2));
        }
    }

    void record(Time time, long nanos) {
        long bounded = Math.max(1, Math.min(nanos, LONGEST_NANOS));
        times.get(time).recordValue(bounded);
        recent.get(time).recordValue(bounded);
    }

    /**
     * Ends a second.
     *
     * @param running the number of requests in flight
     */
    void endSecond(int running) {
        Map<Time, double[]> micros = new EnumMap<>(Time.class);
        recent.forEach((time, histogram) -> {
            if (histogram.getTotalCount() > 0) {
                micros.put(time, new double[] {histogram.getValueAtPercentile(50) / 1e3,
                    histogram.getValueAtPercentile(99) / 1e3, histogram.getMaxValue() / 1e3});
            }
            histogram.reset();
        });
        seconds.add(new Second(completed, events, errorCount, running, micros));
    }

    List<Second> seconds() {
        return seconds;
    }

    /**
     * A second of a run.
     *
     * @param answers answers until its end
     * @param events  events until its end
     * @param errors  errors until its end
     * @param running requests in flight at its end
     * @param micros  median, 99th percentile and maximum of the times that ended in it, in microseconds
     */
    record Second(long answers, long events, long errors, int running, Map<Time, double[]> micros) {
    }

    void onStart() {
        started++;
    }

    /** Counts a complete answer. {@link #onCompared} counts whether the answer is right. */
    void onComplete(boolean isVerified) {
        completed++;
        unverified += isVerified ? 0 : 1;
    }

    void onCompared(boolean isRight) {
        compared++;
        wrong += isRight ? 0 : 1;
    }

    void onLeft() {
        completed++;
    }

    void onBytes(long count, long ofEvents) {
        bytes += count;
        events += ofEvents;
    }

    void onError(String kind) {
        errors.merge(kind, 1L, Long::sum);
        errorCount++;
    }

    Histogram histogram(Time time) {
        return times.get(time);
    }

    Map<String, Long> errors() {
        return errors;
    }

    long errorCount() {
        return errorCount;
    }

    long started() {
        return started;
    }

    long completed() {
        return completed;
    }

    long events() {
        return events;
    }

    long bytes() {
        return bytes;
    }

    /** Returns the number of answers that differ from the mock's. */
    long wrong() {
        return wrong;
    }

    /** Returns the number of answers that were compared with the mock's hash. */
    long compared() {
        return compared;
    }

    /** Returns the number of complete answers that arrived without the mock's hash. */
    long unverified() {
        return unverified;
    }

    /** A measured time. */
    enum Time {
        /** Delay of the load generator: from when a request was due to when it was sent. */
        SEND("send", "delay of the load generator, from when the request was due"),
        /** From when a request was due, not from when it was sent, so that waiting for a slow target counts. */
        FIRST_EVENT("first_event", "time to first event, from when the request was due"),
        /** From the mock's stamp to the arrival of the event's last byte. */
        EVENT("event", "time of an event from the mock to the load generator"),
        /** From when a request was due to the end of its answer. */
        ANSWER("answer", "time of a complete answer, from when the request was due");

        private final String label;
        private final String help;

        Time(String label, String help) {
            this.label = label;
            this.help = help;
        }

        String label() {
            return label;
        }

        String help() {
            return help;
        }
    }
}
