// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

/**
 * An authenticator of callers.
 *
 * <p><b>Threading:</b> called on the exchange's event loop, so it must not block. It may answer during the call or
 * later, from any thread.
 */
@FunctionalInterface
public interface Authenticator {
    /**
     * Identifies the caller of one request.
     *
     * @param head     the head of the request
     * @param decision receives the result; to be called exactly once
     */
    void authenticate(RequestHead head, Decision decision);

    /** The receiver of the result. */
    interface Decision {
        /**
         * Accepts the request.
         *
         * @param principal the caller
         */
        void accept(Principal principal);

        /**
         * Refuses the request with 401.
         *
         * @param reason text for the caller; must not contain a secret
         */
        void refuse(String reason);
    }
}
