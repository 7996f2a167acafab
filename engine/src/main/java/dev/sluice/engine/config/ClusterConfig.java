// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.nio.file.Path;
import java.util.List;

/**
 * A named set of interchangeable endpoints.
 *
 * @param name      the name by which routes refer to the cluster; 1 to 64 of A-Z a-z 0-9 . _ -
 * @param endpoints the endpoints; at least one
 * @param caFile    PEM file of the certificate authorities to trust instead of the JDK's; null for the JDK's
 * @param alwaysContentLength whether every request body is held until its length is known, so that it can be sent with
 *                  Content-Length; otherwise a body that arrives without one and is too large to hold is sent in chunks
 * @param certificate certificate and key that the relay presents to upstreams that ask for one; null for none
 * @param dialect   the profile that the upstreams need; null for the default
 * @param balance   the policy that chooses an endpoint
 * @param health    the rules by which endpoints are ejected and checked
 * @param maxInFlight number of requests in flight; requests beyond it wait like those beyond
 *                  {@link LimitConfig#maxExchanges}. 0 for no limit
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

    /**
     * Creates a cluster with the default balancing and health rules, without a limit of requests in flight.
     *
     * @param name      the name by which routes refer to the cluster
     * @param endpoints the endpoints; at least one
     * @param caFile    PEM file of the certificate authorities to trust; null for the JDK's
     * @param certificate certificate and key to present; null for none
     * @param alwaysContentLength whether every request body is sent with Content-Length
     * @param dialect   the profile that the upstreams need; null for the default
     */
    public ClusterConfig(String name, List<EndpointConfig> endpoints, Path caFile, TlsConfig certificate,
            boolean alwaysContentLength, String dialect) {
        this(name, endpoints, caFile, certificate, alwaysContentLength, dialect, Balance.LEAST_INFLIGHT,
                HealthConfig.DEFAULT, 0);
    }

    /**
     * Creates a cluster with all defaults.
     *
     * @param name      the name by which routes refer to the cluster
     * @param endpoints the endpoints; at least one
     * @return the cluster
     */
    public static ClusterConfig of(String name, EndpointConfig... endpoints) {
        return new ClusterConfig(name, List.of(endpoints), null, null, false, null);
    }

    /**
     * Returns a copy with another dialect.
     *
     * @param profile the profile that the upstreams need; null for the default
     * @return the copy
     */
    public ClusterConfig withDialect(String profile) {
        return new ClusterConfig(name, endpoints, caFile, certificate, alwaysContentLength, profile, balance, health,
                maxInFlight);
    }

    /**
     * Returns a copy with other balancing and health rules.
     *
     * @param policy the policy that chooses an endpoint
     * @param limits the rules by which endpoints are ejected and checked
     * @return the copy
     */
    public ClusterConfig withBalance(Balance policy, HealthConfig limits) {
        return new ClusterConfig(name, endpoints, caFile, certificate, alwaysContentLength, dialect, policy, limits,
                maxInFlight);
    }

    /**
     * Returns a copy with another limit of requests in flight.
     *
     * @param count number of requests in flight; 0 for no limit
     * @return the copy
     */
    public ClusterConfig withMaxInFlight(int count) {
        return new ClusterConfig(name, endpoints, caFile, certificate, alwaysContentLength, dialect, balance, health,
                count);
    }
}
