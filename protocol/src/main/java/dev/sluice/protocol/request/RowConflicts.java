// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A check for rules that must not be in one table, because together they would create a duplicate member or silently
 * lose text or a check.
 */
final class RowConflicts {
    private static final Set<String> JOINED = Set.of("instructions", "input", "messages");

    private RowConflicts() {
    }

    /**
     * Checks the rules of a face and a dialect together.
     *
     * @throws IllegalArgumentException if two of them conflict
     */
    static void check(List<Rule> rules) {
        Set<String> targets = new HashSet<>();
        boolean joins = rules.stream().anyMatch(rule -> rule.action() == Action.MESSAGES
                || rule.action() == Action.HOIST);
        for (Rule rule : rules) {
            String action = rule.action().key();
            if (rule.action() == Action.RENAME) {
                String parent = rule.field().substring(0, rule.field().lastIndexOf('.') + 1);
                if (!targets.add(parent + rule.argument())) {
                    throw wrong(action, "two fields renamed to " + rule.argument(), "one");
                }
                if (joins && (JOINED.contains(rule.argument()) || JOINED.contains(rule.field()))) {
                    throw wrong(action, "field " + rule.field() + " to " + rule.argument() + " with messages or hoist",
                            "other names");
                }
            }
            boolean isGone = rule.action() == Action.DROP || rule.action() == Action.SET;
            if (joins && isGone && JOINED.contains(rule.field())) {
                throw wrong(action, "field " + rule.field() + " with messages or hoist", "another field");
            }
            if (rule.action() == Action.STRICT_SCHEMA && rules.stream().anyMatch(other -> isInside(other, rule))) {
                throw wrong(action, "field " + rule.field() + " with a rule for a path inside it", "one of them");
            }
        }
    }

    private static boolean isInside(Rule inner, Rule outer) {
        return inner.field() != null
                && (inner.field().startsWith(outer.field() + '.') || inner.field().startsWith(outer.field() + '['));
    }

    private static IllegalArgumentException wrong(String action, String found, String expected) {
        return new IllegalArgumentException(action + ": " + found + " (expected: " + expected + ")");
    }
}
