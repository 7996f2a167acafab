// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Stage 5 of 9: connect. Clusters and their endpoints, their health, name resolution, the loop's own pools of
 * connections, HTTP/1.1 and HTTP/2 towards those whom we connect to.
 *
 * <p>Doorway: {@link dev.sluice.engine.upstream.UpstreamPools}, one per event loop. It hands out an
 * {@link dev.sluice.engine.http.UpstreamConnection} and tells an
 * {@link dev.sluice.engine.http.UpstreamListener} what comes back.
 */
package dev.sluice.engine.upstream;
