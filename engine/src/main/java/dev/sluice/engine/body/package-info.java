// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stage 6 of 9: forward the request body. Doorways: {@link dev.sluice.engine.body.RequestBody}, which scans a body as
 * it arrives, holds it or cuts it through, and keeps it for a second attempt, and
 * {@link dev.sluice.engine.body.ForwardedHead}, which makes the head that is sent before it.
 */
package dev.sluice.engine.body;
