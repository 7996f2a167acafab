// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

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
 */
public record UsageLimits(int maxInFlight, int requestsPerMinute, long tokensPerMinute) {
    /** No limits. */
    public static final UsageLimits NONE = new UsageLimits(0, 0, 0);

    public UsageLimits {
        Checks.atLeast("max_in_flight", maxInFlight, 0);
        Checks.atLeast("requests_per_minute", requestsPerMinute, 0);
        Checks.atLeast("tokens_per_minute", tokensPerMinute, 0);
    }
}
