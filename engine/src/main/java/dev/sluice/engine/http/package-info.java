// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * The seam between the edges and the exchange: the types that both sides share, with no protocol in any signature.
 *
 * <p>A downstream edge turns its wire format into a {@link dev.sluice.engine.http.DownstreamRequest} and body buffers,
 * which it passes on to a {@link dev.sluice.engine.http.RequestListener}. The exchange behind that listener requests
 * more through a {@link dev.sluice.engine.http.RequestSource} and answers through a
 * {@link dev.sluice.engine.http.ResponseSink}. Upstream, it writes an {@link dev.sluice.engine.http.UpstreamRequest} to
 * an {@link dev.sluice.engine.http.UpstreamConnection}, and as an {@link dev.sluice.engine.http.UpstreamListener} it
 * receives a {@link dev.sluice.engine.http.ResponseHead} and one {@link dev.sluice.protocol.framing.BodyPiece} per
 * read. {@link dev.sluice.engine.http.Refusal} writes the relay's own answers for every edge.
 */
package dev.sluice.engine.http;
