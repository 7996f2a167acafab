// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import dev.sluice.engine.spi.EndpointRest;
import dev.sluice.engine.spi.HealthHints;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Passes the rests of this relay's endpoints to other relays, and theirs to the endpoints.
 *
 * <p><b>Threading:</b> any.
 */
public final class RestHints {
    private final HealthHints hints;
    private final LongSupplier clock;
    private final Runnable unsubscription;
    private volatile Map<String, Endpoint> endpoints = Map.of();

    /**
     * @param hints where they come from and go to; null for nowhere
     * @param clock nanoseconds
     */
    public RestHints(HealthHints hints, LongSupplier clock) {
        this.hints = hints;
        this.clock = clock;
        unsubscription = hints == null ? () -> { } : hints.subscribe(this::receive);
    }

    /** Serves these endpoints, and no others any more. */
    public void use(Collection<Endpoint> current) {
        if (hints != null) {
            Map<String, Endpoint> all = new HashMap<>();
            for (Endpoint endpoint : current) {
                all.put(endpoint.id(), endpoint);
                endpoint.publishRestsTo(hints::publish);
            }
            endpoints = all;
        }
    }

    private void receive(EndpointRest rest) {
        Endpoint endpoint = endpoints.get(rest.endpoint());
        if (endpoint != null) {
            endpoint.onHint(rest, clock.getAsLong());
        }
    }

    /** Receives nothing any more. */
    public void close() {
        unsubscription.run();
    }
}
