// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;

/** A named set of endpoints. Shared by all loops; choosing takes turns. */
public final class Cluster {
    private final ClusterConfig config;
    private final Endpoint[] endpoints;
    private final AtomicInteger turn = new AtomicInteger();

    /**
     * Creates a cluster.
     *
     * @throws IllegalArgumentException where its authorities cannot be used
     */
    public Cluster(ClusterConfig config, SslProvider provider) {
        this.config = config;
        boolean isTlsNeeded = config.endpoints().stream().anyMatch(EndpointConfig::isTls);
        SslContext tls = isTlsNeeded ? newContext(config, provider) : null;
        endpoints = config.endpoints().stream()
                .map(endpoint -> new Endpoint(endpoint, config.name(), endpoint.isTls() ? tls : null))
                .toArray(Endpoint[]::new);
    }

    private static SslContext newContext(ClusterConfig config, SslProvider provider) {
        try {
            SslContextBuilder builder = SslContextBuilder.forClient().sslProvider(provider)
                    .protocols("TLSv1.3", "TLSv1.2")
                    .endpointIdentificationAlgorithm("HTTPS"); // the certificate must be the host's (RFC 9110 4.3.4)
            if (config.caFile() != null) {
                builder.trustManager(config.caFile().toFile());
            }
            return builder.build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new IllegalArgumentException("cluster " + config.name() + ": ca_file " + config.caFile()
                    + " cannot be used (expected: PEM certificates)", e);
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
