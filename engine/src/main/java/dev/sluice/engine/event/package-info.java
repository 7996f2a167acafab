// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stage 7 of 9: relay events. Doorways: {@link dev.sluice.engine.event.ResponseHeaders} for the head,
 * {@link dev.sluice.engine.event.ResponseRelay} for the body and what is observed of it,
 * {@link dev.sluice.engine.event.StreamTerminator} for the end of a stream whose upstream was lost.
 */
package dev.sluice.engine.event;
