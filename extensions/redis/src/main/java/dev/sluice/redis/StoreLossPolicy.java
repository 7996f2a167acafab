// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

/** The treatment of requests while the server does not answer. */
public enum StoreLossPolicy {
    /** Each relay enforces its share of each limit: the limit divided by the number of relays. */
    LOCAL,
    /** Rates are not enforced. */
    OPEN,
    /** The relay's {@code on_quota_loss} decides at once, which refuses requests with 503 by default. */
    CLOSED
}
