// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** The {@code sluice} command line; each command has a package of its own. */
package dev.sluice.tools;
