// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/** How a cluster's next endpoint is chosen among those that are available. */
public enum Balance {
    /** Of two that are drawn by lot the one with fewer requests in flight, in proportion to its weight. */
    LEAST_INFLIGHT,
    /** By turns. */
    ROUND_ROBIN,
    /** By lot, in proportion to their weights. */
    WEIGHTED,
    /** Of those with the lowest priority number; the next number counts only where none of them is available. */
    PRIORITY,
    /**
     * The one that a request's session or prompt cache falls to, by a hash: the same for all its requests, on every
     * relay that has the same endpoints, and an endpoint that goes or comes moves only its own share. What shows
     * neither goes by {@link #LEAST_INFLIGHT}.
     */
    RENDEZVOUS
}
