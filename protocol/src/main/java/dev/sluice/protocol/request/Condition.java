// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.List;

/**
 * What a row demands of another field before it acts.
 *
 * @param path   the other field; where it shares arrays with the row's field, of the same elements
 * @param mode   how {@code values} are meant
 * @param values strings, {@code "true"} and {@code "false"} for booleans, null for absent or null
 */
public record Condition(String path, Mode mode, List<String> values) {

    /** How the values of a condition are meant. */
    public enum Mode {
        /** The other field has one of the values. */
        IN,
        /** The other field has none of the values. */
        NOT,
        /** Somewhere in the request the path has one of the values. */
        ANY,
        /** Nowhere in the request the path has one of the values. */
        NONE
    }
}
