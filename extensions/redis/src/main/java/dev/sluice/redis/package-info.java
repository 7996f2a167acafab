// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Limits, budgets and owners that several relays share through Redis, or another server that speaks its protocol and
 * runs its scripts.
 *
 * <p>Relays agree by two scripts on the server's clock: one admits a request by the generic cell rate algorithm, one
 * corrects what it has reserved. The keys of one caller share a hash tag, so that no script touches two slots of a
 * cluster. The names of callers, groups and routes appear in keys as hashes only.
 */
package dev.sluice.redis;
