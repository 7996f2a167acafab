// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** Benchmarks of observing an event stream. */
package dev.sluice.bench.event;
