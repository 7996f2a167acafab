// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors

/** Benchmarks of the relay's own share of relaying a body, without sockets and therefore without the kernel. */
package dev.sluice.bench.relay;
