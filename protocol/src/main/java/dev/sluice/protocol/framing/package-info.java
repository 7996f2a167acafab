// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * HTTP/1.1 message framing (RFC 9112), walked without producing objects.
 *
 * <p>{@link dev.sluice.protocol.framing.HeadScanner} finds the end of a head and refuses what a codec behind it would
 * silently repair; {@link dev.sluice.protocol.framing.TransferScanner} walks a body's transfer framing and tells which
 * bytes of a received buffer are body and which part of it may be passed on as it is.
 */
package dev.sluice.protocol.framing;
