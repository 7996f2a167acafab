// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.MetricsFormat;
import dev.sluice.engine.spi.MetricsSnapshot;
import dev.sluice.ledger.FileLedger;
import dev.sluice.redis.RedisState;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/** The open stores of a configuration, which live as long as the relay. */
final class StateStores implements AutoCloseable {
    private FileLedger ledger;
    private RedisState redis;

    /**
     * Opens the stores.
     *
     * @throws ConfigException if a store cannot be used
     */
    StateStores(StateConfig config) {
        try {
            ledger = config.file() == null ? null : FileLedger.open(config.file(), config.interval());
        } catch (IllegalArgumentException e) {
            throw new ConfigException("state.file", "state.file: " + e.getMessage(), e);
        }
        redis = config.redis() == null ? null : RedisState.open(config.redis());
    }

    /** Lets a relay use the stores. */
    void use(Extensions.Builder extensions) {
        if (ledger != null) {
            extensions.budgetLedger(ledger);
        }
        if (redis != null) {
            RedisState shared = redis;
            extensions.requestQuota(shared.quota()).affinityStore(shared.owners()).budgetLedger(shared.ledger())
                    .healthHints(shared.hints()).readinessNotes(() -> List.of(shared.isAnswering()
                            ? "state: the shared store answers; relays: " + shared.relays()
                            : "state: the shared store does not answer"));
        }
    }

    /** Returns a format that also writes the state of the stores. */
    MetricsFormat metrics(MetricsFormat format) {
        RedisState shared = redis;
        return shared == null ? format : new MetricsFormat() {
            @Override
            public String contentType(String accept) {
                return format.contentType(accept);
            }

            @Override
            public void write(MetricsSnapshot snapshot, String accept, OutputStream out) throws IOException {
                List<MetricsSnapshot.Value> gauges = new ArrayList<>(snapshot.gauges());
                gauges.add(new MetricsSnapshot.Value("state_answering", "Whether the shared store answers: 1 or 0.",
                        shared.isAnswering() ? 1 : 0));
                gauges.add(new MetricsSnapshot.Value("state_relays", "Relays that share the store.", shared.relays()));
                List<MetricsSnapshot.Value> counters = new ArrayList<>(snapshot.counters());
                counters.add(new MetricsSnapshot.Value("state_failures",
                        "Commands to the shared store that failed, or were not answered in time.", shared.failures()));
                List<MetricsSnapshot.Timing> timings = new ArrayList<>(snapshot.timings());
                timings.add(shared.roundTrips());
                format.write(new MetricsSnapshot(counters, gauges, timings, snapshot.families()), accept, out);
            }
        };
    }

    /** Writes what is not written yet, after the relay was closed; idempotent. */
    @Override
    public synchronized void close() {
        if (ledger != null) {
            ledger.close();
            ledger = null;
        }
        if (redis != null) {
            redis.close();
            redis = null;
        }
    }
}
