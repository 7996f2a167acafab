// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.spi.MetricsSnapshot;
import io.prometheus.metrics.expositionformats.generated.com_google_protobuf_4_36_2.Metrics;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrometheusFormatTest {

    @Test
    void shouldWriteThePrometheusTextFormat() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusFormat format = new PrometheusFormat();

        format.write(new MetricsSnapshot(List.of(new MetricsSnapshot.Value("events", "Events.", 7)),
                List.of(new MetricsSnapshot.Value("in_flight", "Now.", 2)),
                List.of(new MetricsSnapshot.Timing("gap", "Between.", 3, 6e9, 3_000_000_000L,
                        List.of(new MetricsSnapshot.Quantile(0.5, 2_000_000_000L)),
                        List.of(new MetricsSnapshot.Bucket(1_000_000_000L, 1),
                                new MetricsSnapshot.Bucket(2_500_000_000L, 1)),
                        new MetricsSnapshot.FineBuckets(1, 0, List.of(1L, 1L)))), List.of()), "", out);

        String text = out.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("# TYPE sluice_events_total counter\nsluice_events_total 7.0\n"), text);
        assertTrue(text.contains("sluice_in_flight 2.0\n"), text);
        assertTrue(text.contains("# TYPE sluice_gap_seconds histogram\n"
                + "sluice_gap_seconds_bucket{le=\"1.0\"} 1\nsluice_gap_seconds_bucket{le=\"2.5\"} 2\n"
                + "sluice_gap_seconds_bucket{le=\"+Inf\"} 3\nsluice_gap_seconds_count 3\n"), text);
        assertTrue(text.contains("sluice_gap_seconds_sum 6.0\n"), text);
        assertTrue(format.contentType("").startsWith("text/plain"));
    }

    private static final MetricsSnapshot LABELLED = new MetricsSnapshot(List.of(), List.of(),
            List.of(new MetricsSnapshot.Timing("gap", "Between.", 3, 3e9, 1_000_000_000L, List.of(),
                    List.of(new MetricsSnapshot.Bucket(1_000_000_000L, 3)),
                    new MetricsSnapshot.FineBuckets(1, -8, List.of(1L, 0L, 1L)))),
            List.of(new MetricsSnapshot.Family("exchanges", "All.", MetricsSnapshot.Kind.COUNTER,
                    List.of("route", "end"), List.of(
                    new MetricsSnapshot.Sample(List.of("gpt-*", "completed"), 5),
                    new MetricsSnapshot.Sample(List.of("a\"b\\c\nd", ""), 1))),
                    new MetricsSnapshot.Family("state", "Now.", MetricsSnapshot.Kind.GAUGE, List.of("endpoint"),
                    List.of(new MetricsSnapshot.Sample(List.of("h:1"), 1)))));

    private static byte[] write(String accept) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new PrometheusFormat().write(LABELLED, accept, out);
        return out.toByteArray();
    }

    @ParameterizedTest
    @CsvSource({
        "'',                                                                    text/plain",
        "*/*,                                                                   text/plain",
        "text/plain;version=0.0.4,                                              text/plain",
        "'application/openmetrics-text;version=1.0.0,text/plain;q=0.5',         application/openmetrics-text",
        "'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',"
                + "application/vnd.google.protobuf"
    })
    void shouldWriteWhatTheScraperAccepts(String accept, String type) throws IOException {
        assertTrue(new PrometheusFormat().contentType(accept).startsWith(type));
        String text = new String(write(accept), StandardCharsets.UTF_8);
        if (!type.endsWith("protobuf")) {
            assertTrue(text.contains("sluice_exchanges_total{end=\"completed\",route=\"gpt-*\"} 5.0\n"), text);
            assertTrue(text.contains("sluice_exchanges_total{end=\"\",route=\"a\\\"b\\\\c\\nd\"} 1.0\n"), text);
            assertTrue(text.contains("sluice_state{endpoint=\"h:1\"} 1.0\n"), text);
        }
        assertTrue(!type.endsWith("openmetrics-text") || text.endsWith("# EOF\n"), text);
    }

    /** The protobuf format has the native histogram as well: scale 3, one time of zero, two of others. */
    @Test
    void shouldWriteNativeHistograms() throws Exception {
        List<Metrics.MetricFamily> families = new ArrayList<>();
        InputStream in = new ByteArrayInputStream(write(
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"));
        for (Metrics.MetricFamily family = Metrics.MetricFamily.parseDelimitedFrom(in); family != null;
                family = Metrics.MetricFamily.parseDelimitedFrom(in)) {
            families.add(family);
        }
        Metrics.Histogram histogram = families.stream().filter(family -> family.getName().equals("sluice_gap_seconds"))
                .findFirst().orElseThrow().getMetric(0).getHistogram();

        assertEquals(3, histogram.getSchema());
        assertEquals(1, histogram.getZeroCount());
        assertEquals(3, histogram.getSampleCount());
        assertEquals(-8, histogram.getPositiveSpan(0).getOffset());
    }
}
