// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The extension points of a relay, which an embedder sets through {@link dev.sluice.engine.spi.Extensions}: the
 * authenticator of callers ({@link dev.sluice.engine.spi.Authenticator}), their quota
 * ({@link dev.sluice.engine.spi.RequestQuota}), the store of owning endpoints
 * ({@link dev.sluice.engine.spi.AffinityStore}), observers of exchanges
 * ({@link dev.sluice.engine.spi.ExchangeObserver}), the receiver of usage records
 * ({@link dev.sluice.engine.spi.UsageSink}) and the format of the metrics page
 * ({@link dev.sluice.engine.spi.MetricsFormat}). {@link dev.sluice.engine.spi.LoopTimer} and the clock are replaced in
 * tests.
 */
package dev.sluice.engine.spi;
