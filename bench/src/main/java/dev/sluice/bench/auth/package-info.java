// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** What it costs to know who calls. */
package dev.sluice.bench.auth;
