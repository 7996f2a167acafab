// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The foundations of an event loop that exist before any exchange: the transport, the buffers and a coarse clock tick.
 * Depends on no stage.
 */
package dev.sluice.engine.loop;
