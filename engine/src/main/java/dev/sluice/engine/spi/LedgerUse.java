// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

/**
 * The use of requests that were sent upstream.
 *
 * @param requests     the number of requests
 * @param estimated    the number of those whose tokens are estimates, because the upstream reported none
 * @param inputTokens  the input tokens, cached ones included
 * @param cachedTokens the part of them that was cached
 * @param outputTokens the output tokens
 * @param microDollars the cost in millionths of a US dollar, each response's rounded to one
 */
public record LedgerUse(long requests, long estimated, long inputTokens, long cachedTokens, long outputTokens,
        long microDollars) {
    /** No use. */
    public static final LedgerUse NONE = new LedgerUse(0, 0, 0, 0, 0, 0);

    /**
     * Returns the sum of two uses.
     *
     * @param other the other one
     * @return the sum
     */
    public LedgerUse plus(LedgerUse other) {
        return new LedgerUse(requests + other.requests, estimated + other.estimated, inputTokens + other.inputTokens,
                cachedTokens + other.cachedTokens, outputTokens + other.outputTokens,
                microDollars + other.microDollars);
    }

    /** {@return the input and output tokens} */
    public long tokens() {
        return inputTokens + outputTokens;
    }
}
