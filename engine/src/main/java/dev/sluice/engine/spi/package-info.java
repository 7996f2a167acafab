// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * What an embedder may replace: who may call ({@link dev.sluice.engine.spi.Authenticator}), who is told of usage
 * ({@link dev.sluice.engine.spi.UsageSink}), how metrics are written ({@link dev.sluice.engine.spi.MetricsFormat}).
 */
package dev.sluice.engine.spi;
