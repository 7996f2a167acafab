// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** What a whole relay costs, over real sockets. */
package dev.sluice.bench.exchange;
