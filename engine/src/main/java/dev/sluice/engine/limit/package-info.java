// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Between stages 3 and 4: whether a known caller's request may run now. Doorways: {@link
 * dev.sluice.engine.limit.KeyQuota}, which an embedder replaces by a {@link dev.sluice.engine.spi.RequestQuota} of its
 * own, and {@link dev.sluice.engine.limit.FairGate}.
 */
package dev.sluice.engine.limit;
