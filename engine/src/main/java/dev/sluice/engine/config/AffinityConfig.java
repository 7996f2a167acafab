// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * The bounds of the memory that maps requests to the endpoints that own them.
 *
 * @param maxEntries number of response and conversation ids that are stored, for all callers together, 16 to
 *                   100,000,000. The same number of turns, sessions and prompt caches is stored besides. The least
 *                   recently used entry is evicted first
 * @param idTtl      lifetime of response and conversation ids, which only one endpoint can serve; counted from the last
 *                   use, longer than zero
 * @param sessionTtl lifetime of turns, sessions and prompt caches, which another endpoint could serve too, but without
 *                   its cache; counted from the last use, longer than zero
 */
public record AffinityConfig(int maxEntries, Duration idTtl, Duration sessionTtl) {
    /** 100,000 entries; 24 h for responses and conversations, 1 h for turns, sessions and prompt caches. */
    public static final AffinityConfig DEFAULT = new AffinityConfig(100_000, Duration.ofHours(24), Duration.ofHours(1));

    public AffinityConfig {
        Checks.between("affinity max_entries", maxEntries, 16, 100_000_000);
        Checks.positive("affinity id_ttl", idTtl);
        Checks.positive("affinity session_ttl", sessionTtl);
    }
}
