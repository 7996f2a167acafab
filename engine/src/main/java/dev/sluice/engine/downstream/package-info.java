// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stages 1 and 2 of 9: accept and decode. Listeners, HTTP/1.1 and HTTP/2 towards those who connect to us.
 *
 * <p>Doorway: {@link dev.sluice.engine.downstream.ProtocolChoice}, which makes way for the handler of what a connection
 * speaks. That one, or with HTTP/2 each of its streams, is a {@link dev.sluice.engine.http.RequestSource}: it
 * turns bytes into a {@link dev.sluice.engine.http.DownstreamRequest} and body buffers for a
 * {@link dev.sluice.engine.http.RequestListener}, and gives the exchange a
 * {@link dev.sluice.engine.http.ResponseSink} for the way back.
 */
package dev.sluice.engine.downstream;
