// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.RelayException;

/** The rules that a request is known to break: of all, the first in the order of the table. */
final class Violations {
    private final RuleTable inputOf;
    private RelayException first;
    private int rank;

    /**
     * @param inputOf the table of whose rows only those about {@code input} count; null for all rows of any table
     */
    Violations(RuleTable inputOf) {
        this.inputOf = inputOf;
    }

    void clear() {
        first = null;
    }

    /** Notes a broken rule. */
    void report(int ruleRank, RelayException refusal) {
        if (inputOf != null && (ruleRank < 0 || !inputOf.rows().get(ruleRank).isAboutInput())) {
            return;
        }
        if (first == null || ruleRank < rank) {
            first = refusal;
            rank = ruleRank;
        }
    }

    /** Returns the first, or null. */
    RelayException first() {
        return first;
    }

    int rank() {
        return rank;
    }
}
