// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** Benchmarks of scanning and rewriting a request body. */
package dev.sluice.bench.request;
