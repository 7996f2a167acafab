// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.time.Duration;

/**
 * The finding of a relay that an endpoint is not to be asked for a while.
 *
 * @param endpoint the endpoint as {@link AffinityStore} names it
 * @param model    the model's name upstream if only this model rests there; empty for requests without a model,
 *                 null for the whole endpoint
 * @param left     the time until the rest ends, longer than zero
 * @param isNamed  whether the endpoint named the time, as with {@code retry-after}; otherwise the relay chose it, after
 *                 failures
 */
public record EndpointRest(String endpoint, String model, Duration left, boolean isNamed) {
}
