// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * {@code sluice serve}, {@code check}, {@code keys} and {@code profiles}: the relay and the commands for its
 * configuration.
 */
package dev.sluice.tools.serve;
