// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stage 6 of 9: the path of the request, and its attempts.
 *
 * <p>Doorway: {@link dev.sluice.engine.request.RequestPath}. It reads and plans the request and hands it over to an
 * {@link dev.sluice.engine.request.AttemptRunner}, which runs one {@link dev.sluice.engine.request.Attempt} after the
 * other, by the decisions of {@link dev.sluice.engine.cluster.RetryPolicy}.
 */
package dev.sluice.engine.request;
