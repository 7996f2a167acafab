// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.micrometer;

import dev.sluice.engine.Relay;
import dev.sluice.engine.spi.MetricsSnapshot;
import dev.sluice.engine.spi.MetricsSnapshot.Quantile;
import dev.sluice.engine.spi.MetricsSnapshot.Timing;
import dev.sluice.engine.spi.MetricsSnapshot.Value;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A binder of a relay's metrics. A counter {@code exchanges_completed} becomes {@code sluice.exchanges.completed};
 * timings have a count, a sum, a maximum and quantiles.
 *
 * <p>The relay must outlive the registry's last reading, or the meters keep their last values.
 */
public final class RelayMetrics implements MeterBinder {
    private static final long MAX_AGE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Relay relay;
    private final LongSupplier clock;
    private MetricsSnapshot last;
    private long takenNanos;

    /**
     * Creates a binder.
     *
     * @param relay the running relay
     */
    public RelayMetrics(Relay relay) {
        this(relay, System::nanoTime);
    }

    RelayMetrics(Relay relay, LongSupplier clock) {
        this.relay = relay;
        this.clock = clock;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        MetricsSnapshot all = snapshot();
        for (int i = 0; i < all.counters().size(); i++) {
            int at = i;
            Value counter = all.counters().get(i);
            FunctionCounter.builder(name(counter.name()), this, self -> self.snapshot().counters().get(at).value())
                    .description(counter.help()).register(registry);
        }
        for (int i = 0; i < all.gauges().size(); i++) {
            int at = i;
            Value gauge = all.gauges().get(i);
            Gauge.builder(name(gauge.name()), this, self -> self.snapshot().gauges().get(at).value())
                    .description(gauge.help()).strongReference(true).register(registry);
        }
        for (int i = 0; i < all.timings().size(); i++) {
            bind(registry, all.timings().get(i), i);
        }
    }

    private void bind(MeterRegistry registry, Timing timing, int at) {
        String name = name(timing.name());
        FunctionTimer.builder(name, this, self -> self.snapshot().timings().get(at).count(),
                self -> self.snapshot().timings().get(at).sumNanos(), TimeUnit.NANOSECONDS)
                .description(timing.help()).register(registry);
        TimeGauge.builder(name + ".max", this, TimeUnit.NANOSECONDS,
                self -> self.snapshot().timings().get(at).maxNanos())
                .description(timing.help()).strongReference(true).register(registry);
        for (double rank : new double[] {0.5, 0.9, 0.99, 0.999}) {
            TimeGauge.builder(name + ".quantile", this, TimeUnit.NANOSECONDS,
                    self -> nanos(self.snapshot().timings().get(at).quantiles(), rank))
                    .tag("quantile", String.valueOf(rank)).description(timing.help()).strongReference(true)
                    .register(registry);
        }
    }

    private static double nanos(List<Quantile> quantiles, double rank) {
        return quantiles.stream().filter(each -> each.rank() == rank).mapToDouble(Quantile::nanos).findFirst()
                .orElse(Double.NaN);
    }

    private static String name(String snakeCase) {
        return "sluice." + snakeCase.replace('_', '.');
    }

    /** Returns a snapshot of at most one second ago, so that one scrape of all meters takes one. */
    private synchronized MetricsSnapshot snapshot() {
        long now = clock.getAsLong();
        if (last == null || now - takenNanos > MAX_AGE_NANOS) {
            last = relay.metrics();
            takenNanos = now;
        }
        return last;
    }
}
