// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * What HTTP/2 (RFC 9113) costs and means on either side: Netty keeps the state machines, HPACK and the windows, so that
 * its security fixes arrive with a version; bodies go past its frame objects.
 *
 * <p>Doorways: {@link dev.sluice.engine.http2.Http2Handler}, a connection;
 * {@link dev.sluice.engine.http2.OutboundBody}, the body that one stream sends;
 * {@link dev.sluice.engine.http2.DataFrameReader}, which takes the bodies that come;
 * {@link dev.sluice.engine.http2.Http2Fields}, headers from and to HTTP/1.1's.
 */
package dev.sluice.engine.http2;
