// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import dev.sluice.engine.cluster.EndpointStatus;
import dev.sluice.engine.spi.MetricsSnapshot;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/** The metrics of a relay: the recorders of all its loops, read together. Thread-safe. */
public final class Metrics {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double LOG_OF_BASE = Math.log(2) / (1 << MetricsSnapshot.FineBuckets.SCALE);
    private static final double[] RANKS = {0.5, 0.9, 0.99, 0.999};
    /** Bounds of buckets from 10 us to 10 min, two or three to a decade, the same for all timings. */
    private static final long[] BOUNDS_MICROS = {10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000,
        100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 60_000_000, 120_000_000,
        300_000_000, 600_000_000};

    private final List<LoopRecorder> recorders = new CopyOnWriteArrayList<>();
    private final Gauges gauges;

    /**
     * @param gauges the numbers that are read when a snapshot is taken
     */
    public Metrics(Gauges gauges) {
        this.gauges = gauges;
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
                sum.getMaxValue(), quantiles, buckets(sum), fineBuckets(sum));
    }

    /** Sorts all times into the buckets, in one pass over the histogram. */
    private static List<MetricsSnapshot.Bucket> buckets(Histogram sum) {
        long[] counts = new long[BOUNDS_MICROS.length];
        int i = 0;
        for (HistogramIterationValue value : sum.recordedValues()) {
            // A time is known within 1 %, so the middle of its range decides.
            long nanos = sum.medianEquivalentValue(value.getValueIteratedTo());
            while (i < counts.length && nanos > nanos(i)) {
                i++;
            }
            if (i == counts.length) {
                break;
            }
            counts[i] += value.getCountAddedInThisIterationStep();
        }
        List<MetricsSnapshot.Bucket> buckets = new ArrayList<>();
        for (int k = 0; k < counts.length; k++) {
            buckets.add(new MetricsSnapshot.Bucket(nanos(k), counts[k]));
        }
        return buckets;
    }

    private static MetricsSnapshot.FineBuckets fineBuckets(Histogram sum) {
        long zeros = 0;
        int first = 0;
        List<Long> counts = new ArrayList<>();
        for (HistogramIterationValue value : sum.recordedValues()) {
            long nanos = sum.medianEquivalentValue(value.getValueIteratedTo());
            long count = value.getCountAddedInThisIterationStep();
            if (nanos <= 0) {
                zeros += count;
                continue;
            }
            int index = (int) Math.ceil(Math.log(nanos / NANOS_PER_SECOND) / LOG_OF_BASE);
            if (counts.isEmpty()) {
                first = index;
            }
            while (counts.size() <= index - first) {
                counts.add(0L);
            }
            counts.set(index - first, counts.get(index - first) + count);
        }
        return new MetricsSnapshot.FineBuckets(zeros, first, counts);
    }

    private static long nanos(int bound) {
        return TimeUnit.MICROSECONDS.toNanos(BOUNDS_MICROS[bound]);
    }

    /** Returns copies of all distributions in nanoseconds, by their names. */
    public synchronized Map<String, Histogram> totals() {
        Map<String, Histogram> totals = new LinkedHashMap<>();
        for (Timer timer : Timer.values()) {
            Histogram sum = LoopRecorder.newSum();
            recorders.forEach(recorder -> recorder.addTo(timer, sum));
            totals.put(timer.label(), sum);
        }
        return totals;
    }

    /** Returns a snapshot of all values. */
    public synchronized MetricsSnapshot snapshot() {
        List<MetricsSnapshot.Value> counters = new ArrayList<>();
        for (Counter counter : Counter.values()) {
            long sum = recorders.stream().mapToLong(recorder -> recorder.count(counter)).sum();
            counters.add(new MetricsSnapshot.Value(counter.label(), counter.help(), sum));
        }
        List<MetricsSnapshot.Timing> timings = new ArrayList<>();
        Map<String, Histogram> totals = totals();
        for (Timer timer : Timer.values()) {
            timings.add(timing(timer, totals.get(timer.label())));
        }
        List<EndpointStatus> endpoints = gauges.endpoints.get();
        counters.add(new MetricsSnapshot.Value("access_log_dropped",
                "Access log lines dropped because the log's output did not keep up.", gauges.droppedLines.getAsLong()));
        return new MetricsSnapshot(counters, List.of(
                new MetricsSnapshot.Value("exchanges_in_flight", "Exchanges in flight.",
                        gauges.inFlight.getAsLong()),
                new MetricsSnapshot.Value("websockets_open", "WebSockets of downstreams that are open.",
                        gauges.webSockets.getAsLong()),
                new MetricsSnapshot.Value("downstream_connections", "Connections of downstreams.",
                        gauges.connections.getAsLong()),
                new MetricsSnapshot.Value("upstream_connections",
                        "Connections to endpoints, those that are being opened included.",
                        recorders.stream().mapToLong(LoopRecorder::connections).sum()),
                new MetricsSnapshot.Value("exchanges_queued", "Exchanges that wait for a permit.",
                        gauges.queued.getAsLong()),
                new MetricsSnapshot.Value("held_bytes", "Bytes of request bodies held now.",
                        gauges.heldBytes.getAsLong()),
                new MetricsSnapshot.Value("direct_bytes", "Direct memory of the relay's buffers, pools included.",
                        gauges.directBytes.getAsLong()),
                new MetricsSnapshot.Value("endpoints_unauthorized", "Endpoints that refuse the relay's credentials.",
                        unauthorized(endpoints))),
                timings, families(endpoints));
    }

    private static long unauthorized(List<EndpointStatus> endpoints) {
        return endpoints.stream().filter(endpoint -> endpoint.state().equals("unauthorized")).count();
    }

    private List<MetricsSnapshot.Family> families(List<EndpointStatus> endpoints) {
        List<MetricsSnapshot.Family> families = new ArrayList<>(Breakdown.families(recorders.stream()
                .map(LoopRecorder::breakdown).toList(), gauges.areKeysShown.getAsBoolean()));
        families.addAll(EndpointFamilies.of(endpoints));
        families.addAll(gauges.limits.get());
        families.add(loopTimes());
        return families;
    }

    /** Returns the processor time of each loop that has a thread of its own. */
    private MetricsSnapshot.Family loopTimes() {
        List<MetricsSnapshot.Sample> samples = new ArrayList<>();
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        for (LoopRecorder recorder : recorders) {
            Thread thread = recorder.thread();
            long nanos = thread == null || !threads.isThreadCpuTimeSupported() ? -1
                    : threads.getThreadCpuTime(thread.getId());
            if (nanos >= 0) { // it is not, once the thread has ended
                samples.add(new MetricsSnapshot.Sample(List.of(thread.getName()), nanos / NANOS_PER_SECOND));
            }
        }
        return new MetricsSnapshot.Family("loop_cpu_seconds", "Processor time of an event loop; 1 s per second means"
                + " that it is busy all the time.", MetricsSnapshot.Kind.COUNTER, List.of("loop"), samples);
    }

    /**
     * The numbers that the relay keeps beside its recorders.
     *
     * @param inFlight     exchanges in flight
     * @param webSockets   WebSockets of downstreams that are open
     * @param connections  connections of downstreams
     * @param queued       exchanges that wait for a permit
     * @param heldBytes    bytes of request bodies held
     * @param directBytes  bytes of direct memory taken by the relay's buffers, pools included
     * @param droppedLines access log lines dropped since the start
     * @param endpoints    the endpoints of the active configuration
     * @param limits       the metrics of limits and budgets
     * @param areKeysShown whether there are metrics for each caller
     */
    public record Gauges(LongSupplier inFlight, LongSupplier webSockets, LongSupplier connections,
            LongSupplier queued, LongSupplier heldBytes, LongSupplier directBytes, LongSupplier droppedLines,
            Supplier<List<EndpointStatus>> endpoints, Supplier<List<MetricsSnapshot.Family>> limits,
            BooleanSupplier areKeysShown) {
    }
}
