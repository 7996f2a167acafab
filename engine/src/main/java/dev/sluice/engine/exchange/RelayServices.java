// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.admission.Admission;
import dev.sluice.engine.admission.BudgetedQuota;
import dev.sluice.engine.admission.FairGate;
import dev.sluice.engine.admission.RelayLife;
import dev.sluice.engine.affinity.AffinityTable;
import dev.sluice.engine.cluster.RestHints;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.loop.Buffers;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.spi.AffinityStore;
import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestQuota;
import java.time.Clock;
import java.util.function.LongSupplier;

/**
 * The services that all exchanges of a relay share. Thread-safe.
 *
 * @param life     counts the exchanges in flight
 * @param quota    the limits of callers
 * @param ledger   what keys, groups, routes and models have used
 * @param gate     the limit of the relay
 * @param affinity the owners of responses and sessions
 * @param bodies   bounds the memory of all bodies
 * @param rests    what relays tell each other about endpoints
 * @param revocations decides about exchanges whose key was removed
 */
record RelayServices(RelayLife life, BudgetedQuota quota, BudgetLedger ledger, FairGate gate, AffinityStore affinity,
        MemoryBudget bodies, RestHints rests, Revocations revocations) {

    /** Returns the services of a new relay: an embedder's extensions, and the relay's own services for the rest. */
    static RelayServices of(RelayConfig config, Extensions extensions, LongSupplier clock) {
        RequestQuota quota = extensions.requestQuota() != null ? extensions.requestQuota()
                : Admission.quotaInMemory(clock);
        AffinityStore affinity = extensions.affinityStore() != null ? extensions.affinityStore()
                : new AffinityTable(config.affinity().maxEntries(), clock);
        BudgetLedger ledger = extensions.budgetLedger() != null ? extensions.budgetLedger()
                : Admission.ledgerInMemory(Clock.systemUTC());
        return new RelayServices(new RelayLife(), Admission.withBudgets(quota, ledger, Clock.systemUTC(),
                budgetsOf(config)), ledger, new FairGate(config.limits().maxExchanges(),
                config.limits().maxQueued()), affinity, new MemoryBudget(heldBytes(config)),
                new RestHints(extensions.healthHints(), clock), new Revocations());
    }

    private static BudgetedQuota.Settings budgetsOf(RelayConfig config) {
        return new BudgetedQuota.Settings(config.prices(), config.budgetZone());
    }

    private static long heldBytes(RelayConfig config) {
        return (long) (Buffers.maxDirectBytes() * config.limits().heldMemoryShare());
    }

    /** Serves the endpoints and the keys of a configuration. */
    void serve(ActiveConfig active) {
        rests.use(active.endpoints());
        revocations.use(active);
    }

    /**
     * Returns whether an exchange is to be cut because its key was removed.
     *
     * @param caller its caller; null while unknown
     */
    boolean isRevoked(Principal caller) {
        return revocations.isCut(caller);
    }

    /** Stops listening to other relays. */
    void close() {
        rests.close();
    }

    /** Applies a new configuration; resources in use beyond a new limit stay in use. */
    void use(RelayConfig next) {
        gate.setLimits(next.limits().maxExchanges(), next.limits().maxQueued());
        bodies.setLimit(heldBytes(next));
        quota.use(budgetsOf(next));
        if (affinity instanceof AffinityTable table) {
            table.setMaxEntries(next.affinity().maxEntries());
        }
    }
}
