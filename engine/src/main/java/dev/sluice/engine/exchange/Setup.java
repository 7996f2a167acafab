// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.auth.ApiKeyAuthenticator;
import dev.sluice.engine.config.AffinityConfig;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.plan.Faces;
import dev.sluice.engine.plan.ModelList;
import dev.sluice.engine.plan.Router;
import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.upstream.Cluster;
import dev.sluice.engine.upstream.Endpoint;
import java.time.Clock;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What one configuration comes to. A reload makes another one; an exchange keeps the one that it began with. What is
 * counted or remembered (an endpoint's health, a cluster's places) goes over to the next as long as its configuration
 * is the same. Immutable; shared by all loops.
 */
final class Setup {
    private final RelayConfig config;
    private final Router router;
    private final Faces faces;
    private final ModelList models;
    private final Map<String, Cluster> clusters = new LinkedHashMap<>();
    private final ApiKeyAuthenticator keys;
    private final Authenticator authenticator;
    private final boolean isAffinityNeeded;

    /**
     * @param own       who identifies callers; null for the keys of the configuration
     * @param createdAt seconds since 1970, of the models that are listed
     * @param before    what goes over; null for nothing
     */
    Setup(RelayConfig config, Authenticator own, long createdAt, Setup before) {
        this.config = config;
        router = new Router(config.routes(), config.clusters(), config.allProfiles(), config.defaultCluster());
        faces = new Faces(config.allProfiles().values(), config.relayedPaths());
        models = new ModelList(router, createdAt);
        for (ClusterConfig cluster : config.clusters()) {
            Cluster known = before == null ? null : before.clusters.get(cluster.name());
            clusters.put(cluster.name(), new Cluster(cluster, config.limits().maxQueued(), known));
        }
        keys = own != null ? null : new ApiKeyAuthenticator(config.keys(), config.keyFile(), Clock.systemUTC());
        authenticator = own != null ? own : keys;
        isAffinityNeeded = clusters.size() > 1 || clusters.values().stream().anyMatch(Cluster::hasOthers);
    }

    RelayConfig config() {
        return config;
    }

    LimitConfig limits() {
        return config.limits();
    }

    TimeoutConfig timeouts() {
        return config.timeouts();
    }

    AffinityConfig affinityConfig() {
        return config.affinity();
    }

    Router router() {
        return router;
    }

    Faces faces() {
        return faces;
    }

    ModelList models() {
        return models;
    }

    Cluster cluster(String name) {
        return clusters.get(name);
    }

    Collection<Cluster> clusters() {
        return clusters.values();
    }

    Authenticator authenticator() {
        return authenticator;
    }

    /** Returns whether there is more than one endpoint that a request could belong to. */
    boolean isAffinityNeeded() {
        return isAffinityNeeded;
    }

    Set<Endpoint> endpoints() {
        Set<Endpoint> all = new HashSet<>();
        clusters.values().forEach(cluster -> all.addAll(cluster.endpoints()));
        return all;
    }

    /** Follows the files that may change while it runs, of keys and certificates; not on a loop that relays. */
    void refreshFiles() {
        if (keys != null) {
            keys.refresh();
        }
        clusters.values().forEach(Cluster::refreshFiles);
    }
}
