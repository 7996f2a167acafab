// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.spi.MetricsFormat;
import dev.sluice.engine.spi.MetricsSnapshot;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The metrics in the format that the scraper asks for: the Prometheus text format, OpenMetrics, or the protobuf format
 * of Prometheus, in which histograms are native ones as well. Times are in seconds, as the naming rules of Prometheus
 * require.
 */
final class PrometheusFormat implements MetricsFormat {
    private static final String PREFIX = "sluice_";
    private static final double NANOS_PER_SECOND = 1e9;

    private final ExpositionFormats formats = ExpositionFormats.init();

    /** Creates the format. */
    public PrometheusFormat() {
    }

    private ExpositionFormatWriter writer(String accept) {
        return formats.findWriter(accept);
    }

    @Override
    public String contentType(String accept) {
        return writer(accept).getContentType();
    }

    @Override
    public void write(MetricsSnapshot snapshot, String accept, OutputStream out) throws IOException {
        MetricSnapshots.Builder metrics = MetricSnapshots.builder();
        for (MetricsSnapshot.Value counter : snapshot.counters()) {
            metrics.metricSnapshot(CounterSnapshot.builder().name(PREFIX + counter.name()).help(counter.help())
                    .dataPoint(CounterDataPointSnapshot.builder().value(counter.value()).build()).build());
        }
        for (MetricsSnapshot.Value gauge : snapshot.gauges()) {
            metrics.metricSnapshot(GaugeSnapshot.builder().name(PREFIX + gauge.name()).help(gauge.help())
                    .dataPoint(GaugeDataPointSnapshot.builder().value(gauge.value()).build()).build());
        }
        for (MetricsSnapshot.Family family : snapshot.families()) {
            metrics.metricSnapshot(family.kind() == MetricsSnapshot.Kind.COUNTER ? counter(family) : gauge(family));
        }
        for (MetricsSnapshot.Timing timing : snapshot.timings()) {
            metrics.metricSnapshot(histogram(timing));
        }
        writer(accept).write(out, metrics.build(), EscapingScheme.DEFAULT);
    }

    private static MetricSnapshot counter(MetricsSnapshot.Family family) {
        CounterSnapshot.Builder counter = CounterSnapshot.builder().name(PREFIX + family.name()).help(family.help());
        family.samples().forEach(sample -> counter.dataPoint(CounterDataPointSnapshot.builder()
                .labels(Labels.of(family.labels(), sample.labels())).value(sample.value()).build()));
        return counter.build();
    }

    private static MetricSnapshot gauge(MetricsSnapshot.Family family) {
        GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(PREFIX + family.name()).help(family.help());
        family.samples().forEach(sample -> gauge.dataPoint(GaugeDataPointSnapshot.builder()
                .labels(Labels.of(family.labels(), sample.labels())).value(sample.value()).build()));
        return gauge.build();
    }

    private static HistogramSnapshot histogram(MetricsSnapshot.Timing timing) {
        List<Double> bounds = new ArrayList<>();
        List<Number> counts = new ArrayList<>();
        long inBuckets = 0;
        for (MetricsSnapshot.Bucket bucket : timing.buckets()) {
            bounds.add(bucket.maxNanos() / NANOS_PER_SECOND);
            counts.add(bucket.count());
            inBuckets += bucket.count();
        }
        bounds.add(Double.POSITIVE_INFINITY);
        counts.add(timing.count() - inBuckets);
        return HistogramSnapshot.builder().name(PREFIX + timing.name() + "_seconds").help(timing.help())
                .dataPoint(HistogramDataPointSnapshot.builder().classicHistogramBuckets(
                        ClassicHistogramBuckets.of(bounds, counts)).nativeSchema(MetricsSnapshot.FineBuckets.SCALE)
                        .nativeZeroCount(timing.fine().zeros())
                        .nativeBucketsForPositiveValues(nativeBuckets(timing.fine()))
                        .sum(timing.sumNanos() / NANOS_PER_SECOND).build()).build();
    }

    private static NativeHistogramBuckets nativeBuckets(MetricsSnapshot.FineBuckets fine) {
        NativeHistogramBuckets.Builder buckets = NativeHistogramBuckets.builder();
        for (int i = 0; i < fine.counts().size(); i++) {
            if (fine.counts().get(i) > 0) {
                buckets.bucket(fine.firstIndex() + i, fine.counts().get(i));
            }
        }
        return buckets.build();
    }
}
