// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** What {@code bench/compare} needs beyond other people's relays. */
package dev.sluice.bench.compare;
