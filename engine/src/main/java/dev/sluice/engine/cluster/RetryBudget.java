// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many attempts a cluster may get beyond the first of each exchange: one for every five exchanges, and ten at once.
 * A cluster that fails altogether gets a fifth more load by retries, and not twice as much. Thread-safe.
 */
public final class RetryBudget {
    private static final int COST = 5;
    private static final int MAX = 100 * COST;

    private final AtomicInteger credit = new AtomicInteger(10 * COST);

    RetryBudget() {
    }

    /** An exchange has begun. */
    public void onExchange() {
        if (credit.get() < MAX) {
            credit.incrementAndGet();
        }
    }

    /** Takes a retry out of the budget if there is one; returns whether there was. */
    public boolean tryTake() {
        if (credit.addAndGet(-COST) >= 0) {
            return true;
        }
        credit.addAndGet(COST);
        return false;
    }
}
