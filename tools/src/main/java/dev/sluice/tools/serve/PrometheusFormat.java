// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.spi.MetricsFormat;
import dev.sluice.engine.spi.MetricsSnapshot;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/** The Prometheus text format of the metrics. Times are in seconds, as Prometheus's naming rules require. */
final class PrometheusFormat implements MetricsFormat {
    private static final String PREFIX = "sluice_";
    private static final double NANOS_PER_SECOND = 1e9;

    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();

    /** Creates the format. */
    public PrometheusFormat() {
    }

    @Override
    public String contentType() {
        return writer.getContentType();
    }

    @Override
    public void write(MetricsSnapshot snapshot, OutputStream out) throws IOException {
        MetricSnapshots.Builder metrics = MetricSnapshots.builder();
        for (MetricsSnapshot.Value counter : snapshot.counters()) {
            metrics.metricSnapshot(CounterSnapshot.builder().name(PREFIX + counter.name()).help(counter.help())
                    .dataPoint(CounterDataPointSnapshot.builder().value(counter.value()).build()).build());
        }
        for (MetricsSnapshot.Value gauge : snapshot.gauges()) {
            metrics.metricSnapshot(GaugeSnapshot.builder().name(PREFIX + gauge.name()).help(gauge.help())
                    .dataPoint(GaugeDataPointSnapshot.builder().value(gauge.value()).build()).build());
        }
        for (MetricsSnapshot.Timing timing : snapshot.timings()) {
            metrics.metricSnapshot(histogram(timing));
        }
        writer.write(out, metrics.build(), EscapingScheme.DEFAULT);
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
                        ClassicHistogramBuckets.of(bounds, counts)).sum(timing.sumNanos() / NANOS_PER_SECOND).build())
                .build();
    }
}
