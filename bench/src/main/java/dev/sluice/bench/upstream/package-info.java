// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** Benchmarks of stage 5, connect: choosing the endpoint of the next attempt. */
package dev.sluice.bench.upstream;
