// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import dev.sluice.engine.auth.ApiKeyAuthenticator;
import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.observe.AccessLog;
import dev.sluice.engine.observe.Metrics;
import dev.sluice.engine.observe.RecentExchanges;
import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.MetricsFormat;
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The parts of a relay that the admin listener shows and changes. All of them may be used from any thread.
 *
 * @param metrics       the metrics
 * @param metricsFormat writes {@code /metrics}; null for no such page
 * @param recent        the last exchanges
 * @param ledger        what was used
 * @param log           the access log
 * @param isReady       whether new exchanges are accepted
 * @param notes         further lines of {@code /health/ready}
 * @param config        the active configuration
 * @param clusters      its clusters
 * @param keys          its keys; null if an embedder identifies callers
 * @param clock         nanoseconds, the clock of the clusters
 */
public record AdminSources(Metrics metrics, MetricsFormat metricsFormat, RecentExchanges recent, BudgetLedger ledger,
        AccessLog log, BooleanSupplier isReady, Supplier<List<String>> notes, Supplier<RelayConfig> config,
        Supplier<Collection<Cluster>> clusters, Supplier<ApiKeyAuthenticator> keys, LongSupplier clock) {
}
