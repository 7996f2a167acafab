// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

/**
 * Decides who may call.
 *
 * <p><b>Threading:</b> called on the exchange's event loop, so it must not block; it may answer at once or later, from
 * any thread.
 */
@FunctionalInterface
public interface Authenticator {
    /**
     * Identifies the caller of one request.
     *
     * @param head     the request's head
     * @param decision to be told exactly once
     */
    void authenticate(RequestHead head, Decision decision);

    /** Takes the answer. */
    interface Decision {
        /** The caller is known and may call. */
        void accept(Principal principal);

        /** The caller is refused with 401; {@code reason} goes to the caller and must not hold any secret. */
        void refuse(String reason);
    }
}
