// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The seam between the edges and the exchange: the nouns that both sides share, without a protocol in any signature.
 *
 * <p>A downstream edge turns its wire into a {@link dev.sluice.engine.http.DownstreamRequest} and body buffers, which
 * it hands to a {@link dev.sluice.engine.http.RequestListener}. The exchange behind that listener asks for more through
 * a {@link dev.sluice.engine.http.RequestSource} and answers through a {@link dev.sluice.engine.http.ResponseSink}.
 * Upstream, it writes an {@link dev.sluice.engine.http.UpstreamRequest} to an {@link
 * dev.sluice.engine.http.UpstreamConnection} and receives a {@link dev.sluice.engine.http.ResponseHead} and one {@link
 * dev.sluice.protocol.framing.BodyPiece} per read as an {@link dev.sluice.engine.http.UpstreamListener}. {@link
 * dev.sluice.engine.http.Refusal} writes the relay's own answers for every edge.
 */
package dev.sluice.engine.http;
