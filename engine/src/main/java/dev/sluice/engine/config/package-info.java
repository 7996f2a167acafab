// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** What a relay is to do, as immutable records, checked when they are made. A reload replaces the whole. */
package dev.sluice.engine.config;
