// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The hub: one {@code Exchange} per request, driving stages 3 to 9 in order. The only package that knows all stages; no
 * stage knows it.
 *
 * <p>Doorway: {@link dev.sluice.engine.exchange.RelayCore}, what all event loops of a relay share.
 */
package dev.sluice.engine.exchange;
