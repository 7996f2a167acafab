// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.time.Duration;

/**
 * The refusal of a request whose limit is reached.
 *
 * @param reason     text for the caller, which names the limit and its size; must not contain a secret
 * @param retryAfter time after which the caller may retry, longer than zero; sent in whole seconds, at least 1, at most
 *                   a day for a rate
 * @param isSpent    whether a budget is spent, so that the code is {@code insufficient_quota} in place of
 *                   {@code rate_limit_exceeded}
 * @param status     what is left of the limits; null if it is not known
 */
public record QuotaRefusal(String reason, Duration retryAfter, boolean isSpent, QuotaStatus status) {
    /**
     * Returns the refusal of a request that came too early.
     *
     * @param reason     text for the caller
     * @param retryAfter time after which the caller may retry
     * @param status     what is left of the limits; null if it is not known
     * @return the refusal
     */
    public static QuotaRefusal ofRate(String reason, Duration retryAfter, QuotaStatus status) {
        return new QuotaRefusal(reason, retryAfter, false, status);
    }
}
