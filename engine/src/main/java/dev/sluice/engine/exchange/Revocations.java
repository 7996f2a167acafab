// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.config.RevokePolicy;
import dev.sluice.engine.spi.Principal;

/** The decision whether an exchange in flight is cut because its key was removed. Thread-safe. */
final class Revocations {
    private volatile ActiveConfig config;

    void use(ActiveConfig next) {
        config = next;
    }

    /**
     * Returns whether an exchange is to be cut.
     *
     * @param caller its caller; null while unknown
     */
    boolean isCut(Principal caller) {
        ActiveConfig now = config;
        return caller != null && now != null && now.config().onRevoke() == RevokePolicy.CUT && now.keys() != null
                && !now.keys().isKnown(caller.name());
    }
}
