// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors

/** The relay's own part of relaying a body, without sockets: what is left when the kernel is taken away. */
package dev.sluice.bench.relay;
