// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import dev.sluice.engine.config.RouteConfig;

/**
 * A request whose route is known.
 *
 * @param caller          the caller
 * @param route           the route
 * @param model           the requested model; null if the request names none
 * @param upstreamModel   the model name that is sent upstream; null if the request names none
 * @param estimatedTokens an estimate of the tokens that the request uses, from the length of its body: a token for each
 *                        four bytes, at least 1; 0 for a request that uses none, such as a GET
 */
public record PlannedRequest(Principal caller, RouteConfig route, String model, String upstreamModel,
        long estimatedTokens) {
}
