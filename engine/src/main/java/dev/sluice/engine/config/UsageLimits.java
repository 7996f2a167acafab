// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The limits of a key, of a group of keys or of a route. All keys with the same label share them. 0 stands for no
 * limit.
 *
 * @param maxInFlight       number of requests in flight
 * @param requestsPerMinute number of requests that may start per minute; after a quiet minute they may start all at
 *                          once
 * @param tokensPerMinute   number of input and output tokens per minute, as counted by the upstream. They are known
 *                          only at the end of a response: a request may start while any tokens are left, and reserves
 *                          an estimate. If it uses more than is left, the next request must wait until the deficit is
 *                          refilled
 * @param budgets           the budgets; a request may start while none of them is spent
 */
public record UsageLimits(int maxInFlight, int requestsPerMinute, long tokensPerMinute, List<BudgetConfig> budgets) {
    /** No limits. */
    public static final UsageLimits NONE = new UsageLimits(0, 0, 0);

    public UsageLimits {
        Checks.atLeast("max_in_flight", maxInFlight, 0);
        Checks.atLeast("requests_per_minute", requestsPerMinute, 0);
        Checks.atLeast("tokens_per_minute", tokensPerMinute, 0);
        budgets = Checks.list("budgets", budgets);
        Set<String> kinds = new HashSet<>();
        for (BudgetConfig budget : budgets) {
            String kind = budget.window().name() + (budget.tokens() > 0 ? " in tokens" : " in usd");
            if (!kinds.add(kind)) {
                throw new ConfigException("budgets", "budgets: two for " + kind + " (expected: one for each window and"
                        + " unit)");
            }
        }
    }

    /**
     * Creates limits without budgets.
     *
     * @param maxInFlight       number of requests in flight
     * @param requestsPerMinute number of requests that may start per minute
     * @param tokensPerMinute   number of input and output tokens per minute
     */
    public UsageLimits(int maxInFlight, int requestsPerMinute, long tokensPerMinute) {
        this(maxInFlight, requestsPerMinute, tokensPerMinute, List.of());
    }

    /**
     * Returns a copy with other budgets.
     *
     * @param others the budgets
     * @return the copy
     */
    public UsageLimits withBudgets(BudgetConfig... others) {
        return new UsageLimits(maxInFlight, requestsPerMinute, tokensPerMinute, others == null ? null
                : List.of(others));
    }

    /** {@return whether a request or token rate, or what is in flight, is limited} */
    public boolean isRateLimited() {
        return maxInFlight > 0 || requestsPerMinute > 0 || tokensPerMinute > 0;
    }
}
