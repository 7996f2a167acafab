// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * The budget of attempts beyond the first of each exchange: one for every five exchanges of a cluster, with a burst. It
 * starts with ten attempts and holds at most one hundred. Retries therefore add about a fifth to the load of a failing
 * cluster instead of doubling it. Thread-safe.
 */
final class RetryBudget {
    private static final int COST = 5;
    private static final int MAX = 100 * COST;

    private final AtomicInteger credit = new AtomicInteger(10 * COST);

    RetryBudget() {
    }

    /** Credits the budget with one exchange. */
    public void onExchange() {
        if (credit.get() < MAX) {
            credit.incrementAndGet();
        }
    }

    /** Takes one retry from the budget; returns whether there was one. */
    public boolean tryTake() {
        if (credit.addAndGet(-COST) >= 0) {
            return true;
        }
        credit.addAndGet(COST);
        return false;
    }
}
