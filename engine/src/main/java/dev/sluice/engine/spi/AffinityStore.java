// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.time.Duration;
import java.util.List;

/**
 * A store of the endpoints that own responses, conversations and sessions. Relays that share a store send a follow-up
 * request to the same endpoint.
 *
 * <p>A key is a text of 23 characters. The first is {@code r} for a response or {@code c} for a conversation, which
 * only the owner can serve, or {@code t}, {@code s} or {@code p} for a turn, a session or a prompt cache. The other 22
 * are the base64url form of a hash over the caller, the kind of the id and the id. An endpoint is an opaque text as
 * well: the name of the cluster, a vertical bar and the base URL, followed by a number if the cluster has several
 * endpoints with that URL. A key that begins with {@code o} is that of the caller that owns a response or a
 * conversation; its hash does not depend on the caller, and in place of an endpoint a hash of the caller's name is
 * stored.
 *
 * <p><b>Threading:</b> called on event loops, so an implementation must not block and must not throw.
 */
public interface AffinityStore {
    /**
     * Looks up the owners of keys.
     *
     * @param keys   the keys; at least one
     * @param answer receives the owners; to be called exactly once, during this call or later, from any thread. An
     *               exchange waits for the {@code affinity} timeout, and then {@code on_store_loss} decides
     */
    void find(List<String> keys, Answer answer);

    /**
     * Stores an owner.
     *
     * @param key      the key
     * @param endpoint the owner
     * @param ttl      lifetime of the entry, counted from the last time that it was put or found
     */
    void put(String key, String endpoint, Duration ttl);

    /** The receiver of the owners of a look-up. */
    interface Answer {
        /**
         * Receives the owners.
         *
         * @param endpoints one element per key, in the order of the keys; null if the owner is unknown
         */
        void found(List<String> endpoints);
    }
}
