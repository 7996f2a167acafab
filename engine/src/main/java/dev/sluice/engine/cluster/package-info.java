// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The choice of an endpoint: clusters, their endpoints with health and load, the balancer, and the decisions about
 * second attempts.
 *
 * <p>Doorway: {@link dev.sluice.engine.cluster.Cluster}. It hands out a {@link dev.sluice.engine.cluster.Slot} per
 * attempt, which counts as load until it is closed. {@link dev.sluice.engine.cluster.RetryPolicy} decides whether to
 * try again, as pure functions of values; {@link dev.sluice.engine.cluster.RateLimitHeaders} reads the rest time that
 * an endpoint asks for.
 */
package dev.sluice.engine.cluster;
