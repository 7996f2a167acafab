// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.util.Set;

/**
 * When a request is sent again, always before any of its answer went downstream. What cannot have been processed, and
 * what is answered with 429, 503 or 529, goes to another endpoint whatever is said here.
 *
 * @param reusedConnection whether a request is sent again when its pooled connection closed within a second without a
 *                         byte of response: nothing can have been processed then, unless the upstream closes
 *                         connections on requests that it works on
 * @param idempotent       whether a request may be processed twice: then it is also sent again when its endpoint was
 *                         lost, sent nonsense or did not answer in time after it had all of it
 * @param statuses         further answers after which another endpoint is tried: of 500, 502 and 504
 * @param hedgeQuantile    above 0: where no answer has begun after the time in which this share of the answers of the
 *                         last minutes has, a second endpoint is asked too; the first to answer wins, the other is
 *                         cancelled. Both may process the request. Below 1; 0 for never
 */
public record RetryConfig(boolean reusedConnection, boolean idempotent, Set<Integer> statuses, double hedgeQuantile) {
    private static final Set<Integer> OPTIONAL = Set.of(500, 502, 504);

    /** Nothing that may have been processed is sent again, but for closed pooled connections; no hedging. */
    public static final RetryConfig DEFAULT = new RetryConfig(true, false, Set.of(), 0);

    public RetryConfig {
        statuses = Set.copyOf(statuses);
        if (!OPTIONAL.containsAll(statuses)) {
            throw new IllegalArgumentException("retry statuses: " + statuses + " (expected: of 500, 502, 504)");
        }
        if (!(hedgeQuantile >= 0 && hedgeQuantile < 1)) {
            throw new IllegalArgumentException("retry hedge_quantile: " + hedgeQuantile
                    + " (expected: 0, or above 0 and below 1)");
        }
    }

    /** Returns these with requests that may be processed twice, or may not. */
    public RetryConfig withIdempotent(boolean value) {
        return new RetryConfig(reusedConnection, value, statuses, hedgeQuantile);
    }

    /** Returns these with other answers after which another endpoint is tried. */
    public RetryConfig withStatuses(Integer... values) {
        return new RetryConfig(reusedConnection, idempotent, Set.of(values), hedgeQuantile);
    }

    /** Returns these with another quantile. */
    public RetryConfig withHedgeQuantile(double quantile) {
        return new RetryConfig(reusedConnection, idempotent, statuses, quantile);
    }
}
