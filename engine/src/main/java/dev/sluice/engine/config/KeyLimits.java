// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * What one caller may do. All keys with the same label share one caller's limits. 0 stands for no limit.
 *
 * @param maxInFlight       requests at one time
 * @param requestsPerMinute requests that begin; as many at once after a quiet minute
 * @param tokensPerMinute   tokens in and out, as the upstream counts them. They are known when a response is over: a
 *                          request begins as long as any are left, and what it takes beyond them must come back before
 *                          the next one does
 */
public record KeyLimits(int maxInFlight, int requestsPerMinute, long tokensPerMinute) {
    /** No limits. */
    public static final KeyLimits NONE = new KeyLimits(0, 0, 0);

    public KeyLimits {
        Checks.atLeast("max_in_flight", maxInFlight, 0);
        Checks.atLeast("requests_per_minute", requestsPerMinute, 0);
        Checks.atLeast("tokens_per_minute", tokensPerMinute, 0);
    }
}
