// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Server-sent events of a Responses API stream, observed after they were relayed.
 *
 * <p>{@code EventScanner} finds event boundaries (WHATWG HTML section 9.2.5) however the stream is split, and skips
 * events that cannot matter. {@link dev.sluice.protocol.event.ResponseObserver} keeps the few facts that a relay needs:
 * response id, terminal state, usage and sequence number.
 */
package dev.sluice.protocol.event;
