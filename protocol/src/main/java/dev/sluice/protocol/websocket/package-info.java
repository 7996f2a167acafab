// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * WebSocket framing (RFC 6455), scanned and written without creating objects.
 *
 * <p>{@link dev.sluice.protocol.websocket.FrameScanner} walks the reads of one direction and reports payload as it
 * arrives: a frame is never collected, however long it is. {@link dev.sluice.protocol.websocket.FrameWriter} writes
 * heads and masks. {@link dev.sluice.protocol.websocket.CloseStatus} knows which status codes may be sent.
 */
package dev.sluice.protocol.websocket;
