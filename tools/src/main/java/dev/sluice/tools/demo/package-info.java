// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** {@code sluice demo}: a mock upstream and a relay in one process, and one real request through both. */
package dev.sluice.tools.demo;
