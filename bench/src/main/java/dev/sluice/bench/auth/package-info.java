// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** Benchmarks of identifying a caller by its API key. */
package dev.sluice.bench.auth;
