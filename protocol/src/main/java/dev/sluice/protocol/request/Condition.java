// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.List;

/**
 * A requirement on another field that must be met before a rule acts.
 *
 * @param path   the other field; if it shares arrays with the field of the rule, the same elements are meant
 * @param mode   the interpretation of {@code values}
 * @param values strings; {@code "true"} and {@code "false"} stand for booleans, null for an absent field or for null
 *               (for {@link Mode#ANY} and {@link Mode#NONE} only for null)
 */
public record Condition(String path, Mode mode, List<String> values) {

    /** The interpretation of the values of a condition. */
    public enum Mode {
        /** The other field has one of the values. */
        IN,
        /** The other field has none of the values. */
        NOT,
        /** The path has one of the values somewhere in the request. */
        ANY,
        /** The path has none of the values anywhere in the request. */
        NONE
    }
}
