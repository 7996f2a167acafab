// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** {@code sluice serve} and {@code sluice check}: the relay with a configuration file. */
package dev.sluice.tools.serve;
