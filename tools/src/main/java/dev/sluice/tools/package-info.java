// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** The {@code sluice} command line. Each subpackage holds one command or a group of related commands. */
package dev.sluice.tools;
