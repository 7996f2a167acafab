// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.tools.mock.RelayProbe;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RelayMetricsTest {
    private final AtomicLong clock = new AtomicLong();

    @Test
    void shouldPublishCountersGaugesAndTimings() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        try (RelayProbe probe = new RelayProbe(); Relay relay = launch(probe)) {
            RelayMetrics metrics = new RelayMetrics(relay, clock::get);
            metrics.bindTo(registry);
            metrics.bindTo(prometheus);
            assertEquals(0, registry.get("sluice.exchanges.completed").functionCounter().count());
            probe.requireEveryByte(relay.port(), "sk-of-alice");
            awaitEnd(relay);
            clock.addAndGet(TimeUnit.SECONDS.toNanos(2));

            assertEquals(1, registry.get("sluice.exchanges.completed").functionCounter().count());
            assertEquals(0, registry.get("sluice.exchanges.in.flight").gauge().value());
            assertEquals(1, registry.get("sluice.time.to.first.event").functionTimer().count());
            assertTrue(registry.get("sluice.time.to.first.event.max").timeGauge().value() > 0);
            String page = prometheus.scrape();
            assertTrue(page.contains("\nsluice_exchanges_completed_total 1.0\n"), page);
            assertTrue(page.contains("\nsluice_exchanges_in_flight 0.0\n"), page);
            assertTrue(page.contains("\nsluice_time_to_first_event_seconds_count 1"), page);
            assertTrue(page.contains("\nsluice_time_to_first_event_quantile_seconds{quantile=\"0.99\"} "), page);
        }
    }

    private static Relay launch(RelayProbe probe) {
        return Relay.launch(RelayConfig.builder()
                .listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("openai", EndpointConfig.of(probe.url(), "sk-upstream")))
                .route(RouteConfig.of("gpt-*", "openai"))
                .key(KeyConfig.ofSecret("alice", "sk-of-alice"))
                .build());
    }

    /** Waits until the exchange is counted, which may happen after its last byte has arrived. */
    private static void awaitEnd(Relay relay) {
        relay.drain().join();
    }
}
