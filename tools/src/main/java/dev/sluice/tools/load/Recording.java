// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What a run has measured. Times in nanoseconds.
 *
 * <p><b>Threading:</b> written by the one loop of the load, read when it is over, or roughly while it runs.
 */
final class Recording {
    private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final int DIGITS = 3;

    private final Map<Time, Histogram> times = new EnumMap<>(Time.class);
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
        }
    }

    void record(Time time, long nanos) {
        times.get(time).recordValue(Math.max(1, Math.min(nanos, LONGEST_NANOS)));
    }

    void onStart() {
        started++;
    }

    /** An answer is whole; whether it is right is {@link #onCompared}'s. */
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

    /** Returns how many answers were not what the mock has sent. */
    long wrong() {
        return wrong;
    }

    /** Returns how many answers were looked at. */
    long compared() {
        return compared;
    }

    /** Returns of how many answers the mock told no hash. */
    long unverified() {
        return unverified;
    }

    /** What is timed. */
    enum Time {
        /** How late the load itself was: from when a request was due to when it was sent. */
        SEND("send", "how late the load itself was, from when a request was due"),
        /** From when a request was due, not from when it was sent: what waits for a slow target counts. */
        FIRST_EVENT("first_event", "time to first event, from when the request was due"),
        /** From the mock's stamp to the event's last byte here. */
        EVENT("event", "time of an event from the mock to here"),
        /** From when a request was due to the end of its answer. */
        ANSWER("answer", "time of a whole answer, from when the request was due");

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
