// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stages 8 and 9 of 9: account and observe. The relay's own observers of exchanges: {@code MetricsObserver} records
 * counters and timings per loop ({@link dev.sluice.engine.observe.LoopRecorder}), which
 * {@link dev.sluice.engine.observe.Metrics} merges; {@code AccessLogObserver} writes one line per exchange
 * ({@link dev.sluice.engine.observe.AccessLog}). {@link dev.sluice.engine.observe.AdminPages} has the pages of the
 * admin listener.
 */
package dev.sluice.engine.observe;
