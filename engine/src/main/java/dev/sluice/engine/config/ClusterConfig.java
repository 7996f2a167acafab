// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.nio.file.Path;
import java.util.Arrays;
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
 * @param websocket the way in which requests on a WebSocket are served
 */
public record ClusterConfig(String name, List<EndpointConfig> endpoints, Path caFile, TlsConfig certificate,
        boolean alwaysContentLength, String dialect, Balance balance, HealthConfig health,
        int maxInFlight, WebSocketMode websocket) {
    public ClusterConfig {
        Checks.name("cluster name", name);
        endpoints = Checks.list("cluster " + name + ": endpoints", endpoints);
        Checks.atLeast("cluster " + name + ": endpoints", endpoints.size(), 1);
        Checks.atLeast("cluster " + name + ": max_in_flight", maxInFlight, 0);
        Checks.present("cluster " + name + ": balance", balance);
        Checks.present("cluster " + name + ": health", health);
        Checks.present("cluster " + name + ": websocket", websocket);
        if (caFile != null) {
            Checks.readable("cluster " + name + ": ca_file", caFile);
        }
    }

    /**
     * Creates a cluster with all defaults.
     *
     * @param name      the name by which routes refer to the cluster
     * @param endpoints the endpoints; at least one
     * @return the cluster
     */
    public static ClusterConfig of(String name, EndpointConfig... endpoints) {
        return new ClusterConfig(name, endpoints == null ? null : Arrays.asList(endpoints), null, null, false, null,
                Balance.LEAST_INFLIGHT, HealthConfig.DEFAULT, 0, WebSocketMode.AUTO);
    }

    /**
     * Returns a copy with another dialect.
     *
     * @param profile the profile that the upstreams need; null for the default
     * @return the copy
     */
    public ClusterConfig withDialect(String profile) {
        return toBuilder().dialect(profile).build();
    }

    /**
     * Returns a copy with other balancing and health rules.
     *
     * @param policy the policy that chooses an endpoint
     * @param limits the rules by which endpoints are ejected and checked
     * @return the copy
     */
    public ClusterConfig withBalance(Balance policy, HealthConfig limits) {
        return toBuilder().balance(policy).health(limits).build();
    }

    /**
     * Returns a copy with another limit of requests in flight.
     *
     * @param count number of requests in flight; 0 for no limit
     * @return the copy
     */
    public ClusterConfig withMaxInFlight(int count) {
        return toBuilder().maxInFlight(count).build();
    }

    /**
     * Returns a copy with another treatment of WebSocket.
     *
     * @param mode the way in which requests on a WebSocket are served
     * @return the copy
     */
    public ClusterConfig withWebsocket(WebSocketMode mode) {
        return toBuilder().websocket(mode).build();
    }

    /** {@return a builder that starts with the values of this configuration} */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** A builder of {@link ClusterConfig}. Not thread-safe. */
    public static final class Builder {
        private String name;
        private List<EndpointConfig> endpoints;
        private Path caFile;
        private TlsConfig certificate;
        private boolean alwaysContentLength;
        private String dialect;
        private Balance balance;
        private HealthConfig health;
        private int maxInFlight;
        private WebSocketMode websocket;

        private Builder(ClusterConfig from) {
            name = from.name;
            endpoints = from.endpoints;
            caFile = from.caFile;
            certificate = from.certificate;
            alwaysContentLength = from.alwaysContentLength;
            dialect = from.dialect;
            balance = from.balance;
            health = from.health;
            maxInFlight = from.maxInFlight;
            websocket = from.websocket;
        }

        /**
         * Sets {@link ClusterConfig#name}.
         *
         * @param value the name by which routes refer to the cluster; 1 to 64 of A-Z a-z 0-9 . _ -
         * @return this builder
         */
        public Builder name(String value) {
            name = value;
            return this;
        }

        /**
         * Sets {@link ClusterConfig#endpoints}.
         *
         * @param value the endpoints; at least one
         * @return this builder
         */
        public Builder endpoints(List<EndpointConfig> value) {
            endpoints = value;
            return this;
        }

        /**
         * Sets {@link ClusterConfig#caFile}.
         *
         * @param value PEM file of the certificate authorities to trust instead of the JDK's; null for the JDK's
         * @return this builder
         */
        public Builder caFile(Path value) {
            caFile = value;
            return this;
        }

        /**
         * Sets {@link ClusterConfig#certificate}.
         *
         * @param value certificate and key that the relay presents to upstreams that ask for one; null for none
         * @return this builder
         */
        public Builder certificate(TlsConfig value) {
            certificate = value;
            return this;
        }

        /**
         * Sets {@link ClusterConfig#alwaysContentLength}.
         *
         * @param value whether every request body is held until its length is known, so that it can be sent with
         *               Content-Length; otherwise a body that arrives without one and is too large to hold is sent
         *               in chunks
         * @return this builder
         */
        public Builder alwaysContentLength(boolean value) {
            alwaysContentLength = value;
            return this;
        }

        /**
         * Sets {@link ClusterConfig#dialect}.
         *
         * @param value the profile that the upstreams need; null for the default
         * @return this builder
         */
        public Builder dialect(String value) {
            dialect = value;
            return this;
        }

        /**
         * Sets {@link ClusterConfig#balance}.
         *
         * @param value the policy that chooses an endpoint
         * @return this builder
         */
        public Builder balance(Balance value) {
            balance = value;
            return this;
        }

        /**
         * Sets {@link ClusterConfig#health}.
         *
         * @param value the rules by which endpoints are ejected and checked
         * @return this builder
         */
        public Builder health(HealthConfig value) {
            health = value;
            return this;
        }

        /**
         * Sets {@link ClusterConfig#maxInFlight}.
         *
         * @param value number of requests in flight; requests beyond it wait like those beyond {@link
         *               LimitConfig#maxExchanges}. 0 for no limit
         * @return this builder
         */
        public Builder maxInFlight(int value) {
            maxInFlight = value;
            return this;
        }

        /**
         * Sets {@link ClusterConfig#websocket}.
         *
         * @param value the way in which requests on a WebSocket are served
         * @return this builder
         */
        public Builder websocket(WebSocketMode value) {
            websocket = value;
            return this;
        }

        /**
         * Returns the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException if a value is out of its range
         */
        public ClusterConfig build() {
            return new ClusterConfig(name, endpoints, caFile, certificate, alwaysContentLength, dialect,
                    balance, health, maxInFlight, websocket);
        }
    }
}
