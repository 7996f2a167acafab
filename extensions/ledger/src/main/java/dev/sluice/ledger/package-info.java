// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * A ledger of budgets that survives a restart of its relay, in a local file.
 */
package dev.sluice.ledger;
