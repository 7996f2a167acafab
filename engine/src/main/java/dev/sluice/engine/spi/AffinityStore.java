// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.time.Duration;
import java.util.List;

/**
 * Remembers which endpoint a response, a conversation or a session belongs to. Relays that run side by side and share a
 * store send a follow-up to the same endpoint.
 *
 * <p>Keys are text of 23 characters: {@code r} for a response, {@code c} for a conversation (of both only the owner
 * knows anything), {@code t}, {@code s} and {@code p} for a turn, a session and a prompt cache, and then 22 characters
 * of base64url, a hash over the caller, the kind of the id and the id.
 * Endpoints are opaque text too: the cluster's name, a vertical bar, and the base URL,
 * with a number behind where a cluster has several with that URL.
 *
 * <p><b>Threading:</b> called on event loops, so it must not block and not throw.
 */
public interface AffinityStore {
    /**
     * Looks up the owners of some keys.
     *
     * @param keys   at least one
     * @param answer to be told once, at once or later, from any thread. An exchange waits for a second at most, and
     *               goes to any endpoint then
     */
    void find(List<String> keys, Answer answer);

    /**
     * Remembers an owner.
     *
     * @param ttl for how long; from the last time that it was put or found
     */
    void put(String key, String endpoint, Duration ttl);

    /** Takes the owners. */
    interface Answer {
        /**
         * Takes them.
         *
         * @param endpoints one for each key, in order; null where the owner is not known
         */
        void found(List<String> endpoints);
    }
}
