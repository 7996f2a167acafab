// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.admission.FairGate;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.spi.AffinityStore;
import dev.sluice.engine.spi.RequestQuota;

/**
 * The services that all exchanges of a relay share. Thread-safe.
 *
 * @param life     counts the exchanges in flight
 * @param quota    the limits of callers
 * @param gate     the limit of the relay
 * @param affinity the owners of responses and sessions
 * @param bodies   bounds the memory of all bodies
 */
record RelayServices(RelayLife life, RequestQuota quota, FairGate gate, AffinityStore affinity, MemoryBudget bodies) {
}
