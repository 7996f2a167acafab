// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.json.JsonKind;
import java.util.List;
import java.util.Set;

/**
 * One rule of a profile: an action on a field.
 *
 * @param field    a path in the syntax of {@link dev.sluice.protocol.json.WatchTable}; null if the action names several
 *                 fields itself
 * @param action   the operation
 * @param argument the argument of the action, as the profile states it
 * @param of       the kinds of value that the rule applies to; empty for all
 * @param is       the values that the rule applies to: strings, {@code "true"}, {@code "false"}, null for null; empty
 *                 for all
 * @param where    conditions, all of which must hold; empty for none
 * @param within   the types of which every enclosing element of a nested path must have one; empty for any
 * @param param    the {@code error.param} of a refusal, with {@code {i}} for an index; null for the path of the field
 * @param isAboutRequest whether {@code error.param} is null, because the refusal concerns the request as a whole
 * @param expected the text that a refusal states as expected; null for the standard text of the action
 * @param code     the error code of a refusal
 * @param isLoose  whether {@link Action#MAP} ignores case and the white space around a string
 * @param refusesNull whether null is refused too; otherwise a null member counts as absent
 * @param side     the use of the profile in which the rule applies
 */
public record Rule(String field, Action action, Object argument, Set<JsonKind> of, List<String> is,
        List<Condition> where, List<String> within, String param, boolean isAboutRequest, String expected,
        ErrorCode code, boolean isLoose, boolean refusesNull, Side side) {

    /** The use of a profile: as the face that downstreams see, or as the dialect that an upstream needs. */
    public enum Side {
        /** Face and dialect. */
        BOTH,
        /** Face only. */
        FACE,
        /** Dialect only. */
        DIALECT
    }

    /** Returns a copy of this rule with another field, action, set of kinds and list of conditions. */
    Rule with(String path, Action other, Set<JsonKind> kinds, List<Condition> conditions) {
        return new Rule(path, other, argument, kinds, is, conditions, within, param, isAboutRequest, expected, code,
                isLoose, refusesNull, side);
    }

    /** Returns whether the rule acts whenever its field is present. */
    boolean isUnconditional() {
        return of.isEmpty() && is.isEmpty() && where.isEmpty() && within.isEmpty();
    }
}
