// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The parts of HTTP/2 (RFC 9113) that both sides share. Netty keeps the state machines, HPACK and the windows, so that
 * its security fixes arrive with a new version; bodies bypass its frame objects.
 *
 * <p>Doorways: {@link dev.sluice.engine.http2.Http2Handler}, the handler of a connection;
 * {@link dev.sluice.engine.http2.OutboundBody}, the body that one stream sends;
 * {@link dev.sluice.engine.http2.Http2Fields}, conversions from and to HTTP/1.1 headers.
 */
package dev.sluice.engine.http2;
