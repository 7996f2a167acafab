// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The configuration of a relay, as immutable records that are checked when they are created. A reload replaces the
 * whole configuration.
 */
package dev.sluice.engine.config;
