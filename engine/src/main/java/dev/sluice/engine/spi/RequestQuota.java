// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.time.Duration;

/**
 * Bounds what each caller may do. Relays that run side by side share bounds by sharing one.
 *
 * <p><b>Threading:</b> called on event loops, so it must not block and not throw.
 */
public interface RequestQuota {
    /**
     * Asks whether a caller's request may go on.
     *
     * @param answer to be told once, at once or later, from any thread
     */
    void admit(Principal caller, Answer answer);

    /**
     * A request that was admitted is over; called once for each of those.
     *
     * @param tokens what it has used, in and out; 0 where that is not known
     */
    void settle(Principal caller, long tokens);

    /** Takes the answer. */
    interface Answer {
        /** The request goes on. */
        void admit();

        /**
         * The request is refused with 429.
         *
         * @param reason     goes to the caller
         * @param retryAfter when it may be tried again, up to a day; sent in whole seconds, at least one
         */
        void refuse(String reason, Duration retryAfter);
    }
}
