// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stages 1 and 2 of 9: accept and decode. The handlers of downstream connections, for HTTP/1.1 and HTTP/2.
 *
 * <p>Doorway: {@link dev.sluice.engine.downstream.ProtocolChoice}, which replaces itself with the handler for the
 * connection's protocol. That handler, or with HTTP/2 each of its streams, is a
 * {@link dev.sluice.engine.http.RequestSource}: it turns bytes into a {@link dev.sluice.engine.http.DownstreamRequest}
 * and body buffers for a {@link dev.sluice.engine.http.RequestListener}, and provides the
 * {@link dev.sluice.engine.http.ResponseSink} for the response.
 */
package dev.sluice.engine.downstream;
