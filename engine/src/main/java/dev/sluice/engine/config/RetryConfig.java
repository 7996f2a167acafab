// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * The rules for retries, which happen only before any part of a response went downstream. A request that cannot have
 * been processed, or that is answered with 429, 503 or 529, is retried on another endpoint regardless of these rules.
 *
 * @param reusedConnection whether a request is retried when its pooled connection closes within 1 s and without a byte
 *                         of the response. Such a request was not processed, unless the upstream closes connections
 *                         while it works on their requests
 * @param idempotent       whether a request may be processed twice. If so, it is also retried when its endpoint was
 *                         lost, sent a malformed response, or did not answer in time after it received the complete
 *                         request
 * @param statuses         further statuses after which another endpoint is tried; any of 500, 502 and 504
 * @param hedgeQuantile    quantile of the response times of the last one to two minutes after which a second endpoint
 *                         is asked too, if no response has begun. The first to answer wins, and the other attempt is
 *                         canceled. Both endpoints may process the request. From 0 to below 1; 0 disables hedging
 */
public record RetryConfig(boolean reusedConnection, boolean idempotent, Set<Integer> statuses, double hedgeQuantile) {
    private static final Set<Integer> OPTIONAL = Set.of(500, 502, 504);

    /** No retry of requests that may have been processed, except after a closed pooled connection; no hedging. */
    public static final RetryConfig DEFAULT = new RetryConfig(true, false, Set.of(), 0);

    public RetryConfig {
        statuses = Checks.set("retry statuses", statuses);
        if (!OPTIONAL.containsAll(statuses)) {
            throw new ConfigException("statuses", "retry statuses: " + statuses + " (expected: any of 500, 502, 504)");
        }
        if (!(hedgeQuantile >= 0 && hedgeQuantile < 1)) {
            throw new ConfigException("hedge_quantile", "retry hedge_quantile: " + hedgeQuantile
                    + " (expected: 0 to below 1)");
        }
    }

    /**
     * Returns a copy with another {@code idempotent}.
     *
     * @param value whether a request may be processed twice
     * @return the copy
     */
    public RetryConfig withIdempotent(boolean value) {
        return new RetryConfig(reusedConnection, value, statuses, hedgeQuantile);
    }

    /**
     * Returns a copy with other statuses.
     *
     * @param values further statuses after which another endpoint is tried; any of 500, 502 and 504
     * @return the copy
     */
    public RetryConfig withStatuses(Integer... values) {
        Set<Integer> given = values == null ? null : new HashSet<>(Arrays.asList(values));
        return new RetryConfig(reusedConnection, idempotent, given, hedgeQuantile);
    }

    /**
     * Returns a copy with another quantile for hedging.
     *
     * @param quantile from 0 to below 1; 0 disables hedging
     * @return the copy
     */
    public RetryConfig withHedgeQuantile(double quantile) {
        return new RetryConfig(reusedConnection, idempotent, statuses, quantile);
    }
}
