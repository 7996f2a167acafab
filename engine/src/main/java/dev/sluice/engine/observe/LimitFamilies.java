// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import dev.sluice.engine.config.BudgetConfig;
import dev.sluice.engine.config.BudgetWindow;
import dev.sluice.engine.config.GroupConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.LedgerAccount;
import dev.sluice.engine.spi.LedgerUse;
import dev.sluice.engine.spi.MetricsSnapshot.Family;
import dev.sluice.engine.spi.MetricsSnapshot.Kind;
import dev.sluice.engine.spi.MetricsSnapshot.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The metrics of limits and budgets. What was used comes from the ledger, which may answer later than it is asked: then
 * its answer of the time before counts.
 *
 * <p><b>Threading:</b> any.
 */
public final class LimitFamilies {
    private static final double MICRO = 1e-6;

    private final BudgetLedger ledger;
    private volatile Map<LedgerAccount, LedgerUse> uses = Map.of();

    /**
     * @param ledger what was used
     */
    public LimitFamilies(BudgetLedger ledger) {
        this.ledger = ledger;
    }

    /**
     * Returns the metrics.
     *
     * @param config the active configuration
     * @param keys   the keys; empty if there are no metrics for each caller
     */
    public List<Family> of(RelayConfig config, List<KeyConfig> keys) {
        Families families = new Families(config);
        Map<String, UsageLimits> byLabel = new LinkedHashMap<>();
        for (KeyConfig key : keys) {
            if (byLabel.size() < LabelledCounts.MAX_ROWS) {
                byLabel.putIfAbsent(key.label(), key.limits());
            }
        }
        byLabel.forEach((label, limits) -> families.add(LedgerAccount.Kind.KEY, label, limits));
        for (GroupConfig group : config.groups()) {
            families.add(LedgerAccount.Kind.GROUP, group.name(), group.limits());
        }
        Map<String, UsageLimits> byRoute = new LinkedHashMap<>();
        for (RouteConfig route : config.routes()) {
            byRoute.putIfAbsent(route.model(), route.limits());
        }
        byRoute.forEach((model, limits) -> families.add(LedgerAccount.Kind.ROUTE, model, limits));
        families.ask();
        return List.of(
                new Family("limit", "A limit, where one is set.", Kind.GAUGE, List.of("kind", "name", "limit"),
                        families.limits),
                new Family("budget", "A budget in its current window, in US dollars or tokens.", Kind.GAUGE,
                        List.of("kind", "name", "window", "unit"), families.budgets),
                new Family("budget_used", "What was used of a budget in its current window.", Kind.GAUGE,
                        List.of("kind", "name", "window", "unit"), families.used));
    }

    /** The values under construction. */
    private final class Families {
        private final List<Sample> limits = new ArrayList<>();
        private final List<Sample> budgets = new ArrayList<>();
        private final List<Sample> used = new ArrayList<>();
        private final List<LedgerAccount> accounts = new ArrayList<>();
        private final List<List<String>> labelsOfUsed = new ArrayList<>();
        private final RelayConfig config;

        Families(RelayConfig config) {
            this.config = config;
        }

        void add(LedgerAccount.Kind kind, String name, UsageLimits of) {
            String kindName = kind.name().toLowerCase(Locale.ROOT);
            addLimit(kindName, name, "max_in_flight", of.maxInFlight());
            addLimit(kindName, name, "requests_per_minute", of.requestsPerMinute());
            addLimit(kindName, name, "tokens_per_minute", of.tokensPerMinute());
            for (BudgetConfig budget : of.budgets()) {
                BudgetWindow.Span span = budget.window().at(Instant.now(), config.budgetZone());
                LedgerAccount account = new LedgerAccount(kind, name, budget.window().name(), span.start(),
                        span.end());
                accounts.add(account);
                boolean isTokens = budget.tokens() > 0;
                List<String> labels = List.of(kindName, name, budget.window().name(), isTokens ? "tokens" : "usd");
                budgets.add(new Sample(labels, isTokens ? budget.tokens() : budget.microDollars() * MICRO));
                labelsOfUsed.add(labels);
            }
        }

        /** Asks for the use of the budgets, and adds what is known of it. */
        void ask() {
            if (!accounts.isEmpty()) {
                ledger.find(accounts, answer -> {
                    Map<LedgerAccount, LedgerUse> found = new HashMap<>();
                    for (int i = 0; i < accounts.size(); i++) {
                        found.put(accounts.get(i), answer.get(i));
                    }
                    uses = found;
                });
            }
            Map<LedgerAccount, LedgerUse> known = uses;
            for (int i = 0; i < accounts.size(); i++) {
                LedgerUse use = known.getOrDefault(accounts.get(i), LedgerUse.NONE);
                boolean isTokens = labelsOfUsed.get(i).get(3).equals("tokens");
                used.add(new Sample(labelsOfUsed.get(i), isTokens ? use.tokens() : use.microDollars() * MICRO));
            }
        }

        private void addLimit(String kind, String name, String limit, long value) {
            if (value > 0) {
                limits.add(new Sample(List.of(kind, name, limit), value));
            }
        }
    }
}
