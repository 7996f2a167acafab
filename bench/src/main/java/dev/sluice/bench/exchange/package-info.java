// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** Benchmarks of a whole relay over real sockets. */
package dev.sluice.bench.exchange;
