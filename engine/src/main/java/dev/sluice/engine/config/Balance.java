// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/** A policy that chooses the next endpoint of a cluster among the available ones. */
public enum Balance {
    /** Of two endpoints that are drawn at random, the one with fewer requests in flight relative to its weight. */
    LEAST_INFLIGHT,
    /** Each endpoint in turn. */
    ROUND_ROBIN,
    /** A random endpoint, in proportion to the weights. */
    WEIGHTED,
    /**
     * An endpoint with the lowest priority number, as by {@link #LEAST_INFLIGHT}. A higher number is used only if no
     * endpoint with a lower one is available.
     */
    PRIORITY,
    /**
     * The endpoint with the highest rendezvous hash for the request's session or prompt cache. All requests of a
     * session go to the same endpoint, on every relay with the same endpoints, and an endpoint that is added or removed
     * moves only its own share. An endpoint that is unavailable or has more than twice its share of the load is
     * skipped. A request without session and prompt cache is balanced by {@link #LEAST_INFLIGHT}.
     */
    RENDEZVOUS
}
