// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * What an event loop owns before any exchange: its transport, its buffers, its coarse clock tick. Knows no stage.
 */
package dev.sluice.engine.loop;
