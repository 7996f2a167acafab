// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import dev.sluice.engine.response.RelayTimings;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.upstream.UpstreamPools;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * The counters and timings of one event loop.
 *
 * <p><b>Threading:</b> written on the loop without locks; read by {@link Metrics} on any thread. <b>Allocation per
 * event:</b> none.
 */
public final class LoopRecorder implements RelayTimings, UpstreamPools.Observer {
    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final long LONGEST_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final int DIGITS = 2;
    private static final int PADDING = 8; // a cache line before and after, so that loops do not share one

    private final long[] counts = new long[Counter.values().length + 2 * PADDING];
    private final SingleWriterRecorder[] recorders = new SingleWriterRecorder[Timer.values().length];
    private final Histogram[] totals = new Histogram[recorders.length]; // used by the reading thread only
    private final Histogram[] intervals = new Histogram[recorders.length];
    private final Breakdown breakdown = new Breakdown();
    private volatile Thread thread;
    private volatile int connections;

    /** Creates a recorder with everything at zero. */
    public LoopRecorder() {
        for (int i = 0; i < recorders.length; i++) {
            recorders[i] = new SingleWriterRecorder(1, LONGEST_NANOS, DIGITS);
            totals[i] = new Histogram(1, LONGEST_NANOS, DIGITS);
        }
    }

    /** Returns an observer that counts and times the exchanges of the loop. */
    public ExchangeObserver observer() {
        return new MetricsObserver(this);
    }

    Breakdown breakdown() {
        return breakdown;
    }

    /** Sets the loop's thread, whose processor time is reported. */
    public void use(Thread loopThread) {
        thread = loopThread;
    }

    /** Returns the thread, or null if it is not known. */
    Thread thread() {
        return thread;
    }

    /** Adds to a counter. */
    public void add(Counter counter, long amount) {
        int i = PADDING + counter.ordinal();
        COUNTS.setOpaque(counts, i, counts[i] + amount);
    }

    /** Records a time; values above one hour count as one hour. */
    public void record(Timer timer, long nanos) {
        recorders[timer.ordinal()].recordValue(Math.max(0, Math.min(nanos, LONGEST_NANOS)));
    }

    @Override
    public void onEvents(long gapNanos, long count) {
        if (gapNanos > 0) {
            record(Timer.EVENT_GAP, gapNanos);
        }
        long atOnce = gapNanos > 0 ? count - 1 : count;
        if (atOnce > 0) {
            recorders[Timer.EVENT_GAP.ordinal()].recordValueWithCount(0, atOnce);
        }
    }

    @Override
    public void onConnected(long nanos) {
        record(Timer.CONNECT_TIME, nanos);
    }

    @Override
    public void onConnections(int count) {
        connections = count;
    }

    /** Returns the number of connections to upstreams. */
    int connections() {
        return connections;
    }

    @Override
    public void onUnsolicited(long bytes) {
        add(Counter.UNSOLICITED_BYTES, bytes);
    }

    @Override
    public void onAdded(long nanos) {
        record(Timer.ADDED_TIME, nanos);
    }

    long count(Counter counter) {
        return (long) COUNTS.getOpaque(counts, PADDING + counter.ordinal());
    }

    /** Adds everything recorded so far to {@code sum}; called by one thread at a time. */
    void addTo(Timer timer, Histogram sum) {
        int i = timer.ordinal();
        intervals[i] = recorders[i].getIntervalHistogram(intervals[i]);
        totals[i].add(intervals[i]);
        sum.add(totals[i]);
    }

    static Histogram newSum() {
        return new Histogram(1, LONGEST_NANOS, DIGITS);
    }
}
