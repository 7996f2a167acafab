// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** The reference relay that {@code bench/compare} measures beside the installed ones. */
package dev.sluice.bench.compare;
