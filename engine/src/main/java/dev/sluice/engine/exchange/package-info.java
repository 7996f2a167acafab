// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The hub: one {@code Exchange} per request, which drives stages 3 to 9 in order. No stage depends on this package.
 *
 * <p>Doorway: {@link dev.sluice.engine.exchange.RelayCore}, the state that the event loops of a relay share. An
 * {@code ExchangeFactory} per loop creates exchanges. An {@code Exchange} holds the state machine; its request path,
 * its attempts, its admission and its response path do the work and report back through interfaces that they declare
 * themselves. {@code Deadlines} is the table of its time limits.
 */
package dev.sluice.engine.exchange;
