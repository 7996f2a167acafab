// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.RelayException;
import java.util.List;

/** The violations of one request, of which only the one with the lowest rank is kept. */
final class Violations {
    private final List<Row> inputRows;
    private RelayException first;
    private int rank;

    /**
     * @param inputRows the rows by rank, of which only those about {@code input} count; null to count every row
     */
    Violations(List<Row> inputRows) {
        this.inputRows = inputRows;
    }

    void clear() {
        first = null;
    }

    /** Records a violation. A rank of -1 stands for the model. */
    void report(int ruleRank, RelayException refusal) {
        if (inputRows != null && (ruleRank < 0 || !inputRows.get(ruleRank).isAboutInput())) {
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
