// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import dev.sluice.protocol.event.Usage;

/**
 * The use of a request that was sent upstream.
 *
 * @param model       the model that served it, by the response; otherwise the name that was sent; null if unknown
 * @param serviceTier the service tier that served it; null if unknown
 * @param usage       the token counts; null if the upstream reported none, as for a response that was cut short, which
 *                    does not mean zero: the estimate counts
 */
public record Settlement(String model, String serviceTier, Usage usage) {
    /**
     * Returns the number of tokens of both directions.
     *
     * @param estimate the result if the upstream reported none
     * @return the number
     */
    public long tokens(long estimate) {
        return usage == null ? estimate : usage.inputTokens() + usage.outputTokens();
    }
}
