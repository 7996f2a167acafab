// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** Stage 5, connect: which endpoint the next attempt goes to. */
package dev.sluice.bench.upstream;
