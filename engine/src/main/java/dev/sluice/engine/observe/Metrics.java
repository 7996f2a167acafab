// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import dev.sluice.engine.spi.MetricsSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;

/** The recorders of all loops, read together. Thread-safe. */
public final class Metrics {
    private static final double[] RANKS = {0.5, 0.9, 0.99, 0.999};

    private final List<LoopRecorder> recorders = new CopyOnWriteArrayList<>();
    private final LongSupplier inFlight;
    private final LongSupplier queued;
    private final LongSupplier heldBytes;
    private final LongSupplier directBytes;

    /**
     * @param inFlight  how many exchanges run now
     * @param queued    how many of them wait for a place
     * @param heldBytes how many bytes of request bodies are held now
     * @param directBytes how many bytes of direct memory the relay's buffers take now, pools included
     */
    public Metrics(LongSupplier inFlight, LongSupplier queued, LongSupplier heldBytes, LongSupplier directBytes) {
        this.inFlight = inFlight;
        this.queued = queued;
        this.heldBytes = heldBytes;
        this.directBytes = directBytes;
    }

    /** Returns a new recorder for a loop. */
    public LoopRecorder newRecorder() {
        LoopRecorder recorder = new LoopRecorder();
        recorders.add(recorder);
        return recorder;
    }

    private static MetricsSnapshot.Timing timing(Timer timer, Histogram sum) {
        long count = sum.getTotalCount();
        List<MetricsSnapshot.Quantile> quantiles = new ArrayList<>();
        for (double rank : count == 0 ? new double[0] : RANKS) {
            quantiles.add(new MetricsSnapshot.Quantile(rank, sum.getValueAtPercentile(rank * 100)));
        }
        return new MetricsSnapshot.Timing(timer.label(), timer.help(), count, count == 0 ? 0 : sum.getMean() * count,
                sum.getMaxValue(), quantiles);
    }

    /** Returns everything as it is now. */
    public synchronized MetricsSnapshot snapshot() {
        List<MetricsSnapshot.Value> counters = new ArrayList<>();
        for (Counter counter : Counter.values()) {
            long sum = recorders.stream().mapToLong(recorder -> recorder.count(counter)).sum();
            counters.add(new MetricsSnapshot.Value(counter.label(), counter.help(), sum));
        }
        List<MetricsSnapshot.Timing> timings = new ArrayList<>();
        for (Timer timer : Timer.values()) {
            Histogram sum = LoopRecorder.newSum();
            recorders.forEach(recorder -> recorder.addTo(timer, sum));
            timings.add(timing(timer, sum));
        }
        return new MetricsSnapshot(counters, List.of(
                new MetricsSnapshot.Value("exchanges_in_flight", "Exchanges that run now.", inFlight.getAsLong()),
                new MetricsSnapshot.Value("exchanges_queued", "Exchanges that wait for a place.", queued.getAsLong()),
                new MetricsSnapshot.Value("held_bytes", "Bytes of request bodies held now.", heldBytes.getAsLong()),
                new MetricsSnapshot.Value("direct_bytes", "Direct memory of the relay's buffers, pools included.",
                        directBytes.getAsLong())),
                timings);
    }
}
