// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stage 9 of 9: observe. Counters and timings per loop ({@link dev.sluice.engine.observe.LoopRecorder}), merged by
 * {@link dev.sluice.engine.observe.Metrics}; one line per exchange ({@link dev.sluice.engine.observe.AccessLog}); the
 * admin pages ({@link dev.sluice.engine.observe.AdminHandler}).
 */
package dev.sluice.engine.observe;
