// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.RelayException;

/** The rules that a request is known to break: of all, the first in the order of the table. */
final class Violations {
    private RelayException first;
    private int rank;

    void clear() {
        first = null;
    }

    /** Notes a broken rule. */
    void report(int ruleRank, RelayException refusal) {
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
