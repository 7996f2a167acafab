// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.time.Duration;

/**
 * A quota that enforces the limits of callers. Relays that use the same quota share the limits.
 *
 * <p><b>Threading:</b> called on event loops, so an implementation must not block and must not throw.
 */
public interface RequestQuota {
    /**
     * Decides whether a request may proceed.
     *
     * @param caller the caller
     * @param answer receives the decision; to be called exactly once, during this call or later, from any thread
     */
    void admit(Principal caller, Answer answer);

    /**
     * Records the end of an admitted request. Called exactly once for each.
     *
     * @param caller the caller
     * @param tokens number of input and output tokens that the request used; 0 if unknown
     */
    void settle(Principal caller, long tokens);

    /** The receiver of the decision. */
    interface Answer {
        /** Admits the request. */
        void admit();

        /**
         * Refuses the request with 429.
         *
         * @param reason     text for the caller; must not contain a secret
         * @param retryAfter time after which the caller may retry, up to 1 day; sent in whole seconds, at least 1
         */
        void refuse(String reason, Duration retryAfter);
    }
}
