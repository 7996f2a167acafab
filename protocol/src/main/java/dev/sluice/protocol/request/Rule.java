// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.json.JsonKind;
import java.util.List;
import java.util.Set;

/**
 * One row of a profile: what becomes of a field.
 *
 * @param field    a path as {@link dev.sluice.protocol.json.WatchTable} has them; null where the row is about several
 * @param action   what is done
 * @param argument what the action needs, as the row has it
 * @param of       the row is about values of these kinds only; empty for all
 * @param is       the row is about these values only: strings, {@code "true"}, {@code "false"}; empty for all
 * @param where    conditions, all of which must hold
 * @param within   the types that every enclosing element of a nested path must have; empty for any
 * @param param    {@code error.param}, with {@code {i}} for an index; null for the field's own path
 * @param isAboutRequest whether {@code error.param} is null
 * @param expected what a refusal says is expected; null for the action's own words
 * @param code     what a refusal is
 * @param isLoose  whether case and the white space around a string are ignored
 * @param refusesNull whether null is refused too; otherwise it counts as absent
 * @param side     where the row holds
 */
public record Rule(String field, Action action, Object argument, Set<JsonKind> of, List<String> is,
        List<Condition> where, List<String> within, String param, boolean isAboutRequest, String expected,
        ErrorCode code, boolean isLoose, boolean refusesNull, Side side) {

    /** Where a row holds: a profile is the face that downstreams see, or the dialect that an upstream needs. */
    public enum Side {
        /** On both. */
        BOTH,
        /** Only as a face. */
        FACE,
        /** Only as a dialect. */
        DIALECT
    }

    /** Returns a row like this one for another field, doing something else under other conditions. */
    Rule with(String path, Action other, Set<JsonKind> kinds, List<Condition> conditions) {
        return new Rule(path, other, argument, kinds, is, conditions, within, param, isAboutRequest, expected, code,
                isLoose, refusesNull, side);
    }

    /** Returns whether the row always acts where its field is there. */
    boolean isUnconditional() {
        return of.isEmpty() && is.isEmpty() && where.isEmpty() && within.isEmpty();
    }
}
