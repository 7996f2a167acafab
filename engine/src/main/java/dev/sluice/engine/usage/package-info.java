// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** Stage 8 of 9: account. Doorway: {@link dev.sluice.engine.usage.Accountant}; it tells a sink of each exchange. */
package dev.sluice.engine.usage;
