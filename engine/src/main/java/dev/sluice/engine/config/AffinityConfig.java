// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * How long it is remembered which endpoint a request belongs to.
 *
 * @param maxEntries ids of responses and conversations at one time, of all callers, and as many of the rest; the
 *                   longest unused is forgotten first
 * @param idTtl      what only one endpoint knows: responses and conversations, from their last use
 * @param sessionTtl what another endpoint could do too, without its cache: turns, sessions, prompt caches
 */
public record AffinityConfig(int maxEntries, Duration idTtl, Duration sessionTtl) {
    /** 100,000 ids, 24 h for responses and conversations, 1 h for the rest. */
    public static final AffinityConfig DEFAULT = new AffinityConfig(100_000, Duration.ofHours(24), Duration.ofHours(1));

    public AffinityConfig {
        Checks.between("affinity max_entries", maxEntries, 16, 100_000_000);
        Checks.positive("affinity id_ttl", idTtl);
        Checks.positive("affinity session_ttl", sessionTtl);
    }
}
