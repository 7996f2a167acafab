// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.spi.MetricsSnapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

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
                                new MetricsSnapshot.Bucket(2_500_000_000L, 1))))), out);

        String text = out.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("# TYPE sluice_events_total counter\nsluice_events_total 7.0\n"), text);
        assertTrue(text.contains("sluice_in_flight 2.0\n"), text);
        assertTrue(text.contains("# TYPE sluice_gap_seconds histogram\n"
                + "sluice_gap_seconds_bucket{le=\"1.0\"} 1\nsluice_gap_seconds_bucket{le=\"2.5\"} 2\n"
                + "sluice_gap_seconds_bucket{le=\"+Inf\"} 3\nsluice_gap_seconds_count 3\n"), text);
        assertTrue(text.contains("sluice_gap_seconds_sum 6.0\n"), text);
        assertTrue(format.contentType().startsWith("text/plain"));
    }
}
