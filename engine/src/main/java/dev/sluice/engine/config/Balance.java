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
    PRIORITY
}
