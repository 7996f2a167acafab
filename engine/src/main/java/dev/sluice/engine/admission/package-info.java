// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Between stages 3 and 4 of 9: the decision when the request of an identified caller may run. Doorway:
 * {@link dev.sluice.engine.admission.Admission}, the permits of one exchange. It asks the caller's quota, which counts
 * in memory unless an embedder supplies a {@link dev.sluice.engine.spi.RequestQuota}, and the gates of the relay and
 * the cluster ({@link dev.sluice.engine.admission.FairGate}).
 */
package dev.sluice.engine.admission;
