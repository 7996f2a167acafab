// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * What an embedder may replace: who may call ({@link dev.sluice.engine.spi.Authenticator}), who is told of usage
 * ({@link dev.sluice.engine.spi.UsageSink}), what callers may do ({@link dev.sluice.engine.spi.RequestQuota}), who
 * remembers which endpoint a request belongs to ({@link dev.sluice.engine.spi.AffinityStore}), how metrics are written
 * ({@link dev.sluice.engine.spi.MetricsFormat}).
 */
package dev.sluice.engine.spi;
