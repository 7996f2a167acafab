// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.nio.file.Path;
import java.util.List;

/**
 * A named set of interchangeable endpoints.
 *
 * @param name      how routes name it
 * @param endpoints at least one
 * @param caFile    PEM file of the authorities to trust instead of the JDK's; null for the JDK's
 * @param alwaysContentLength whether every body must be held whole so that it can be sent with Content-Length;
 *                  otherwise a body that came without one and is too large to hold goes in chunks
 * @param certificate what the relay shows to upstreams that ask for a certificate; null for nothing
 * @param dialect   the profile that its upstreams need; null for the default
 * @param balance   how an endpoint is chosen
 * @param health    when an endpoint is left out
 * @param maxInFlight requests at one time; those beyond it wait as those beyond {@link LimitConfig#maxExchanges} do;
 *                  0 for no bound
 */
public record ClusterConfig(String name, List<EndpointConfig> endpoints, Path caFile, TlsConfig certificate,
        boolean alwaysContentLength, String dialect, Balance balance, HealthConfig health,
        int maxInFlight) {
    public ClusterConfig {
        Checks.name("cluster name", name);
        endpoints = List.copyOf(endpoints);
        Checks.atLeast("cluster " + name + ": endpoints", endpoints.size(), 1);
        Checks.atLeast("cluster " + name + ": max_in_flight", maxInFlight, 0);
        if (caFile != null) {
            TlsConfig.requireReadable("cluster " + name + ": ca_file", caFile);
        }
    }

    /** A cluster whose endpoints are chosen and left out by the defaults. */
    public ClusterConfig(String name, List<EndpointConfig> endpoints, Path caFile, TlsConfig certificate,
            boolean alwaysContentLength, String dialect) {
        this(name, endpoints, caFile, certificate, alwaysContentLength, dialect, Balance.LEAST_INFLIGHT,
                HealthConfig.DEFAULT, 0);
    }

    /** A cluster of the given endpoints with every default. */
    public static ClusterConfig of(String name, EndpointConfig... endpoints) {
        return new ClusterConfig(name, List.of(endpoints), null, null, false, null);
    }

    /** Returns this cluster with another dialect. */
    public ClusterConfig withDialect(String profile) {
        return new ClusterConfig(name, endpoints, caFile, certificate, alwaysContentLength, profile, balance, health,
                maxInFlight);
    }

    /** Returns this cluster with another way to choose and to leave out endpoints. */
    public ClusterConfig withBalance(Balance policy, HealthConfig limits) {
        return new ClusterConfig(name, endpoints, caFile, certificate, alwaysContentLength, dialect, policy, limits,
                maxInFlight);
    }

    /** Returns this cluster with another number of requests at one time. */
    public ClusterConfig withMaxInFlight(int count) {
        return new ClusterConfig(name, endpoints, caFile, certificate, alwaysContentLength, dialect, balance, health,
                count);
    }
}
