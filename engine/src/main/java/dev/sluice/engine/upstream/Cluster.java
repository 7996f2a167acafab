// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.tls.ClientTls;
import java.util.concurrent.atomic.AtomicInteger;

/** A named set of endpoints. Shared by all loops; choosing takes turns. */
public final class Cluster {
    private final ClusterConfig config;
    private final Endpoint[] endpoints;
    private final ClientTls tls;
    private final AtomicInteger turn = new AtomicInteger();

    /**
     * Creates a cluster.
     *
     * @throws IllegalArgumentException where its authorities or its certificate cannot be used
     */
    public Cluster(ClusterConfig config) {
        this.config = config;
        boolean isTlsNeeded = config.endpoints().stream().anyMatch(EndpointConfig::isTls);
        tls = isTlsNeeded ? new ClientTls("cluster " + config.name(), config.caFile(), config.certificate()) : null;
        endpoints = config.endpoints().stream()
                .map(endpoint -> new Endpoint(endpoint, config.name(), endpoint.isTls() ? tls : null))
                .toArray(Endpoint[]::new);
    }

    /** Follows the files of its TLS; not on a loop that relays. */
    public void refreshTls() {
        if (tls != null) {
            tls.refresh();
        }
    }

    /** Returns the endpoint for the next attempt. */
    public Endpoint next() {
        return endpoints[Math.floorMod(turn.getAndIncrement(), endpoints.length)];
    }

    /** Returns the name. */
    public String name() {
        return config.name();
    }

    /** Returns whether every body must be sent with Content-Length. */
    public boolean alwaysContentLength() {
        return config.alwaysContentLength();
    }
}
