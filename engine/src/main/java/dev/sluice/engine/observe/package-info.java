// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stages 8 and 9 of 9: account and observe. The relay's own observers of exchanges: counters and timings per loop
 * ({@link dev.sluice.engine.observe.MetricsObserver}), merged by {@link dev.sluice.engine.observe.Metrics}; one line
 * per exchange ({@link dev.sluice.engine.observe.AccessLogObserver}); usage records ({@link
 * dev.sluice.engine.observe.UsageObserver}). {@link dev.sluice.engine.observe.AdminHandler} serves the pages.
 */
package dev.sluice.engine.observe;
