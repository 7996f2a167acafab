// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stage 6 of 9: forward the request: its body, and its attempts.
 *
 * <p>Doorway: {@link dev.sluice.engine.request.RequestPath}. It decodes the body ({@code ContentDecoder}), scans it,
 * holds it or streams it, and keeps it for a second attempt ({@code RequestBody}). It plans the request and hands it
 * over to an {@link dev.sluice.engine.request.AttemptRunner}, which runs one
 * {@link dev.sluice.engine.request.Attempt} after the other. {@code RetryPolicy} decides whether to try again, as pure
 * functions of values; {@code RateLimitHeaders} reads the rest time that an endpoint asks for.
 */
package dev.sluice.engine.request;
