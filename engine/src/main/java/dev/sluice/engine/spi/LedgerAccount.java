// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.time.Instant;

/**
 * What is counted together: the use of one key, group, route or model in one window.
 *
 * @param kind   what the name names
 * @param name   the label of the key, the name of the group, the pattern of the route, or the model that served
 * @param window the name of the window, such as {@code day} or {@code 7d}
 * @param start  the first instant of the window
 * @param end    the first instant of the next window, from which on the account changes no more
 */
public record LedgerAccount(Kind kind, String name, String window, Instant start, Instant end) {
    /** The kinds of accounts. */
    public enum Kind {
        /** All keys with one label. */
        KEY,
        /** A group of keys. */
        GROUP,
        /** A route. */
        ROUTE,
        /** A model that served. */
        MODEL
    }
}
