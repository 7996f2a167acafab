// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Server-sent events of a Responses API stream, looked at after they were relayed.
 *
 * <p>{@link dev.sluice.protocol.event.EventScanner} finds event boundaries (WHATWG HTML section 9.2.5) in any cut and
 * skips what cannot matter; {@link dev.sluice.protocol.event.ResponseObserver} keeps the few facts a relay needs:
 * response id, terminal state, usage, sequence number.
 */
package dev.sluice.protocol.event;
