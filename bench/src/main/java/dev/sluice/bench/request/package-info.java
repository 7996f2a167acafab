// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** What scanning and rewriting a request body costs. */
package dev.sluice.bench.request;
