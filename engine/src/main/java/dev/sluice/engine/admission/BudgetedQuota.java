// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import dev.sluice.engine.config.BudgetConfig;
import dev.sluice.engine.config.PriceConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.Glob;
import dev.sluice.engine.spi.LedgerAccount;
import dev.sluice.engine.spi.LedgerUse;
import dev.sluice.engine.spi.PlannedRequest;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.QuotaRefusal;
import dev.sluice.engine.spi.QuotaStatus;
import dev.sluice.engine.spi.RequestQuota;
import dev.sluice.engine.spi.Settlement;
import dev.sluice.protocol.event.Usage;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A quota with budgets: it refuses a planned request whose budgets are spent before it asks the quota, and adds the use
 * of each request to the ledger.
 *
 * <p><b>Threading:</b> any.
 */
public final class BudgetedQuota implements RequestQuota {
    private static final Logger LOG = LoggerFactory.getLogger(BudgetedQuota.class);
    private static final int MAX_MODEL_CHARS = 256;
    private static final int MAX_MODELS = 1000;
    private static final String OTHER = "(other)";
    private static final int DOLLAR_DIGITS = 6;

    private final RequestQuota quota;
    private final BudgetLedger ledger;
    private final Clock clock;
    private final Set<String> models = ConcurrentHashMap.newKeySet();
    private final Set<String> unpriced = ConcurrentHashMap.newKeySet();
    private final KnownAccounts accounts = new KnownAccounts();
    private volatile Settings settings;
    private volatile List<Price> prices;

    /**
     * The settings of budgets.
     *
     * @param prices the prices; the first that matches counts
     * @param zone   the zone of calendar windows
     */
    public record Settings(List<PriceConfig> prices, ZoneId zone) {
    }

    BudgetedQuota(RequestQuota quota, BudgetLedger ledger, Clock clock, Settings settings) {
        this.quota = quota;
        this.ledger = ledger;
        this.clock = clock;
        use(settings);
    }

    /** Applies other settings to the requests that end from now on. */
    public void use(Settings next) {
        settings = next;
        prices = next.prices.stream().map(price -> new Price(new Glob(price.model()), price)).toList();
        unpriced.clear();
    }

    @Override
    public void admit(Principal caller, Answer answer) {
        quota.admit(caller, answer);
    }

    @Override
    public void admit(PlannedRequest request, Answer answer) {
        Instant now = clock.instant();
        List<Line> lines = linesOf(request, now);
        if (lines.isEmpty()) {
            grant(request, answer);
            return;
        }
        ledger.find(lines.stream().map(Line::account).toList(), uses -> {
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).isSpent(uses.get(i))) {
                    answer.refuse(lines.get(i).refusal(uses.get(i), now));
                    return;
                }
            }
            grant(request, answer);
        });
    }

    private void grant(PlannedRequest request, Answer answer) {
        quota.admit(request, new Answer() {
            @Override
            public void grant(Permit permit) {
                answer.grant(new Charging(request, permit));
            }

            @Override
            public void refuse(QuotaRefusal refusal) {
                answer.refuse(refusal);
            }

            @Override
            public void lose() {
                answer.lose();
            }
        });
    }

    /** Returns the budgets of a request, each with its account. */
    private List<Line> linesOf(PlannedRequest request, Instant now) {
        if (request.caller().limits().budgets().isEmpty() && request.caller().groupLimits().budgets().isEmpty()
                && request.route().limits().budgets().isEmpty()) {
            return List.of();
        }
        List<Line> lines = new ArrayList<>();
        for (Scope scope : scopesOf(request)) {
            for (BudgetConfig budget : scope.limits.budgets()) {
                lines.add(new Line(scope, budget, KnownAccounts.account(scope.kind, scope.name, budget.window(), now,
                        settings.zone)));
            }
        }
        return lines;
    }

    private static List<Scope> scopesOf(PlannedRequest request) {
        Principal caller = request.caller();
        List<Scope> scopes = new ArrayList<>(3);
        scopes.add(new Scope(LedgerAccount.Kind.KEY, caller.name(), "This API key", caller.limits()));
        if (caller.group() != null) {
            scopes.add(new Scope(LedgerAccount.Kind.GROUP, caller.group(), "The group " + caller.group(),
                    caller.groupLimits()));
        }
        scopes.add(new Scope(LedgerAccount.Kind.ROUTE, request.route().model(), "The route "
                + request.route().model(), request.route().limits()));
        return scopes;
    }

    /** Adds the use of a request to the ledger; returns its cost. */
    private long charge(PlannedRequest request, Settlement used) {
        if (request.estimatedTokens() == 0) {
            return 0;
        }
        boolean isEstimated = used.usage() == null;
        Usage usage = isEstimated ? new Usage(request.estimatedTokens(), 0, 0, 0, request.estimatedTokens(), false)
                : used.usage();
        LedgerUse use = new LedgerUse(1, isEstimated ? 1 : 0, usage.inputTokens(), usage.cachedTokens(),
                usage.outputTokens(), microDollars(request, used, usage));
        Instant now = clock.instant();
        List<LedgerAccount> all = new ArrayList<>(8);
        Principal caller = request.caller();
        addAll(all, LedgerAccount.Kind.KEY, caller.name(), caller.limits(), now);
        if (caller.group() != null) {
            addAll(all, LedgerAccount.Kind.GROUP, caller.group(), caller.groupLimits(), now);
        }
        addAll(all, LedgerAccount.Kind.ROUTE, request.route().model(), request.route().limits(), now);
        if (used.model() != null) {
            addAll(all, LedgerAccount.Kind.MODEL, known(used.model()), UsageLimits.NONE, now);
        }
        ledger.add(all, use);
        return use.microDollars();
    }

    private void addAll(List<LedgerAccount> all, LedgerAccount.Kind kind, String name, UsageLimits limits,
            Instant now) {
        all.addAll(accounts.of(kind, name, limits, now, settings.zone));
    }

    /** Returns the name under which a model is counted; an upstream cannot make up names without bound. */
    private String known(String model) {
        if (models.contains(model)) {
            return model;
        }
        return model.length() > MAX_MODEL_CHARS || models.size() >= MAX_MODELS || !models.add(model) ? OTHER : model;
    }

    /** Returns the cost by the model that served, or else by the names under which it was requested. */
    private long microDollars(PlannedRequest request, Settlement used, Usage usage) {
        List<Price> known = prices;
        if (known.isEmpty()) {
            return 0;
        }
        for (String name : new String[] {used.model(), request.upstreamModel(), request.model()}) {
            for (Price price : known) {
                if (name != null && price.matches(name, used.serviceTier())) {
                    return price.config.microDollars(usage);
                }
            }
        }
        String name = known(String.valueOf(used.model()));
        if (unpriced.add(name)) {
            LOG.warn("no price matches the model {} (service tier {}); its use costs no budget in dollars", name,
                    used.serviceTier());
        }
        return 0;
    }

    /** The prices of the models that match. */
    private record Price(Glob models, PriceConfig config) {

        boolean matches(String model, String tier) {
            return (config.tier() == null || config.tier().equals(tier)) && models.matches(model);
        }
    }

    /**
     * What has budgets.
     *
     * @param words the name in a refusal
     */
    private record Scope(LedgerAccount.Kind kind, String name, String words, UsageLimits limits) {
    }

    /** One budget of a request. */
    private record Line(Scope scope, BudgetConfig budget, LedgerAccount account) {

        boolean isSpent(LedgerUse use) {
            return budget.tokens() > 0 ? use.tokens() >= budget.tokens() : use.microDollars() >= budget.microDollars();
        }

        QuotaRefusal refusal(LedgerUse use, Instant now) {
            String window = budget.window().name();
            String amount = budget.tokens() > 0 ? use.tokens() + " of " + budget.tokens() + " tokens"
                    : dollars(use.microDollars()) + " of " + dollars(budget.microDollars()) + " US dollars";
            return new QuotaRefusal(scope.words + " has used " + amount + " of its budget for "
                    + (Character.isDigit(window.charAt(0)) ? window : "the " + window) + ", which ends at "
                    + account.end(), Duration.between(now, account.end()), true, null);
        }

        private static String dollars(long microDollars) {
            return BigDecimal.valueOf(microDollars, DOLLAR_DIGITS).stripTrailingZeros().toPlainString();
        }
    }

    /** A permit whose use is added to the ledger. */
    private final class Charging implements Permit {
        private final PlannedRequest request;
        private final Permit permit;
        private long microDollars;

        Charging(PlannedRequest request, Permit permit) {
            this.request = request;
            this.permit = permit;
        }

        @Override
        public QuotaStatus status() {
            return permit.status();
        }

        @Override
        public void settle(Settlement used) {
            try {
                microDollars = charge(request, used);
            } finally {
                permit.settle(used);
            }
        }

        @Override
        public void release() {
            permit.release();
        }

        @Override
        public long microDollars() {
            return microDollars;
        }
    }
}
