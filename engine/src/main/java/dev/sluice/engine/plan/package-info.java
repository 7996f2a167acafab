// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stage 4 of 9: plan. Which operation a path stands for, and which cluster, upstream model and edits a request gets.
 * Doorways: {@link dev.sluice.engine.plan.ApiOperation} for the path, {@link dev.sluice.engine.plan.Router} for the
 * model.
 */
package dev.sluice.engine.plan;
