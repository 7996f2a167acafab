// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** Long runs that detect growing memory use: {@link dev.sluice.bench.soak.Http2Soak}. */
package dev.sluice.bench.soak;
