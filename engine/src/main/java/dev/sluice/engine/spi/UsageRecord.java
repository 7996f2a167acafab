// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import dev.sluice.protocol.event.Usage;

/**
 * The usage of one exchange.
 *
 * @param exchangeId    the id of the exchange, which the response carries as x-sluice-request-id
 * @param principal     the name of the caller
 * @param cluster       the name of the cluster that served the request
 * @param model         the requested model
 * @param upstreamModel the model name that was sent upstream
 * @param responseId    the id of the response, or null if it is unknown
 * @param usage         the token counts, or null if the upstream reported none, which does not mean zero
 * @param isComplete    whether the response ended by itself (completed, incomplete or failed)
 */
public record UsageRecord(String exchangeId, String principal, String cluster, String model, String upstreamModel,
        String responseId, Usage usage, boolean isComplete) {
}
