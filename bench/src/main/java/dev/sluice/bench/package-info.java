// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** JMH benchmarks. {@code bench/README.md} lists the commands and the results, and explains how to read them. */
package dev.sluice.bench;
