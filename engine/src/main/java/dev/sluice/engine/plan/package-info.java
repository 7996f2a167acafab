// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stage 4 of 9: plan. Finds the operation of a path, and the cluster, the upstream model and the edits of a request.
 * Doorways: {@link dev.sluice.engine.plan.ApiOperations} for the path, {@link dev.sluice.engine.plan.Router} for the
 * model.
 */
package dev.sluice.engine.plan;
