// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * The bounds of the memory that maps requests to the endpoints and to the callers that own them.
 *
 * @param maxEntries number of response and conversation ids that are stored, for all callers together, 16 to
 *                   100,000,000. The same number of turns, sessions and prompt caches is stored besides. The least
 *                   recently used entry is evicted first. If several callers have keys, each id takes two entries
 * @param idTtl      lifetime of response and conversation ids, which only one endpoint can serve; counted from the last
 *                   use, longer than zero
 * @param sessionTtl lifetime of turns, sessions and prompt caches, which another endpoint could serve too, but without
 *                   its cache; counted from the last use, longer than zero
 * @param unknownIds the treatment of a request with an id of a response or conversation without a known owner. An
 *                   id that belongs to another caller is always refused with 404
 * @param onStoreLoss the treatment of a request when the store of owners does not answer
 */
public record AffinityConfig(int maxEntries, Duration idTtl, Duration sessionTtl, UnknownIds unknownIds,
        StoreLoss onStoreLoss) {
    /**
     * 100,000 entries; 24 h for responses and conversations, 1 h for turns, sessions and prompt caches; unknown ids are
     * relayed, and without the store a request goes to any endpoint.
     */
    public static final AffinityConfig DEFAULT = new AffinityConfig(100_000, Duration.ofHours(24),
            Duration.ofHours(1), UnknownIds.RELAY, StoreLoss.CONTINUE);

    public AffinityConfig {
        Checks.between("affinity max_entries", maxEntries, 16, 100_000_000);
        Checks.positive("affinity id_ttl", idTtl);
        Checks.positive("affinity session_ttl", sessionTtl);
        Checks.present("affinity unknown_ids", unknownIds);
        Checks.present("affinity on_store_loss", onStoreLoss);
    }

    /** The treatment of a request with an id without a known owner. */
    public enum UnknownIds {
        /** It goes to any endpoint, which may know the id. */
        RELAY,
        /** It is refused with 404. */
        REFUSE
    }
}
