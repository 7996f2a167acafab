// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * HTTP/1.1 message framing (RFC 9112), scanned without creating objects.
 *
 * <p>{@link dev.sluice.protocol.framing.HeadScanner} finds the end of a head and refuses whatever two readers
 * could read differently. {@link dev.sluice.protocol.framing.TransferScanner} scans a body's transfer framing and
 * reports which bytes of a received buffer belong to the body and which part of the buffer may be passed on unchanged.
 */
package dev.sluice.protocol.framing;
