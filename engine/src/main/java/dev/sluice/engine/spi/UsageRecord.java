// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import dev.sluice.protocol.event.Usage;

/**
 * What one exchange used.
 *
 * @param exchangeId    the x-sluice-request-id of the answer
 * @param principal     who called
 * @param cluster       where it went
 * @param model         the model that was asked for
 * @param upstreamModel the model that the upstream was asked for
 * @param responseId    the response's id, or null where unknown
 * @param usage         token counts, or null where the upstream did not tell: unknown is not zero
 * @param isComplete    whether the response came to an end of its own (completed, incomplete or failed)
 */
public record UsageRecord(String exchangeId, String principal, String cluster, String model, String upstreamModel,
        String responseId, Usage usage, boolean isComplete) {
}
