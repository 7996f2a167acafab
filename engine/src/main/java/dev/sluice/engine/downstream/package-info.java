// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stages 1 and 2 of 9: accept and decode. Listeners, TLS, HTTP/1.1 towards those who connect to us.
 *
 * <p>Doorway: {@link dev.sluice.engine.downstream.Http1DownstreamHandler}, one per connection. It turns bytes into a
 * {@link dev.sluice.engine.downstream.DownstreamRequest} and body buffers for a
 * {@link dev.sluice.engine.downstream.RequestListener}, and gives the exchange a
 * {@link dev.sluice.engine.downstream.ResponseWriter} for the way back.
 */
package dev.sluice.engine.downstream;
