// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The choice of an endpoint: clusters, their endpoints with health and load, and the balancer.
 *
 * <p>Doorway: {@link dev.sluice.engine.cluster.Cluster}. It hands out a {@link dev.sluice.engine.cluster.Slot} per
 * attempt, which counts as load until it is closed.
 */
package dev.sluice.engine.cluster;
