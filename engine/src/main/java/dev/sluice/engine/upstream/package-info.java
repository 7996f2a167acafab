// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stage 5 of 9: connect. Name resolution, health checks, the connection pools of each loop, and the handlers of
 * upstream connections for HTTP/1.1 and HTTP/2.
 *
 * <p>Doorway: {@link dev.sluice.engine.upstream.UpstreamPools}, one per event loop. It provides an
 * {@link dev.sluice.engine.http.UpstreamConnection} and reports the response to an
 * {@link dev.sluice.engine.http.UpstreamListener}.
 */
package dev.sluice.engine.upstream;
