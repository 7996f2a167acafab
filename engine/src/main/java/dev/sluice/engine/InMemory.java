// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import dev.sluice.engine.admission.Admission;
import dev.sluice.engine.affinity.AffinityTable;
import dev.sluice.engine.spi.AffinityStore;
import dev.sluice.engine.spi.RequestQuota;
import java.util.function.LongSupplier;

/** The relay's own stores, for stores of an embedder that count or remember in memory too. */
public final class InMemory {
    private InMemory() {
    }

    /**
     * Returns a quota that enforces the limits of keys, groups and routes of one process.
     *
     * @param nanoClock nanoseconds since an arbitrary origin, like {@link System#nanoTime}
     * @return the quota, for any thread
     */
    public static RequestQuota quota(LongSupplier nanoClock) {
        return Admission.quotaInMemory(nanoClock);
    }

    /**
     * Returns a store of owners in one process.
     *
     * @param maxEntries the number of owners above which the oldest are forgotten; at least 1
     * @param nanoClock  nanoseconds, as above
     * @return the store, for any thread
     */
    public static AffinityStore affinity(int maxEntries, LongSupplier nanoClock) {
        return new AffinityTable(maxEntries, nanoClock);
    }
}
