// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** Files that an operator may replace while the relay runs: keys and certificates. */
package dev.sluice.engine.files;
