// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.RelayException;

/** The violations of one request, of which only the one with the lowest rank is kept. */
final class Violations {
    private final RuleTable inputOf;
    private RelayException first;
    private int rank;

    /**
     * @param inputOf the table whose rows about {@code input} are the only ones that count; null to count every row
     */
    Violations(RuleTable inputOf) {
        this.inputOf = inputOf;
    }

    void clear() {
        first = null;
    }

    /** Records a violation. A rank of -1 stands for the model. */
    void report(int ruleRank, RelayException refusal) {
        if (inputOf != null && (ruleRank < 0 || !inputOf.rows().get(ruleRank).isAboutInput())) {
            return;
        }
        if (first == null || ruleRank < rank) {
            first = refusal;
            rank = ruleRank;
        }
    }

    /** Returns the violation with the lowest rank, or null. */
    RelayException first() {
        return first;
    }

    int rank() {
        return rank;
    }
}
