// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.auth.ApiKeyAuthenticator;
import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.cluster.EndpointStatus;
import dev.sluice.engine.config.AffinityConfig;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.plan.ApiOperations;
import dev.sluice.engine.plan.Router;
import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.upstream.Models;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A validated configuration plus the objects built from it. Each reload creates a new one; an exchange keeps the one
 * with which it began. State such as the health of an endpoint or the permits of a cluster is handed over to the next
 * one while its configuration stays the same. Immutable; shared by all loops.
 */
final class ActiveConfig {
    private final RelayConfig config;
    private final Router router;
    private final ApiOperations operations;
    private final Models models;
    private final Map<String, Cluster> clusters = new LinkedHashMap<>();
    private final ApiKeyAuthenticator keys;
    private final Authenticator authenticator;
    private final boolean isAffinityNeeded;
    private final boolean isShared;

    /**
     * @param own       the embedder's authenticator; null to use the keys of the configuration
     * @param createdAt the creation time of the listed models, in seconds since 1970
     * @param before    the previous configuration, which hands over its state; null for none
     */
    ActiveConfig(RelayConfig config, Authenticator own, long createdAt, ActiveConfig before) {
        this.config = config;
        router = new Router(config.routes(), config.clusters(), config.allProfiles(), config.defaultCluster());
        operations = new ApiOperations(config.allProfiles().values(), config.relayedPaths());
        models = new Models(router, createdAt, clusters::get);
        for (ClusterConfig cluster : config.clusters()) {
            Cluster known = before == null ? null : before.clusters.get(cluster.name());
            clusters.put(cluster.name(), new Cluster(cluster, config.limits().maxQueued(), known));
        }
        keys = own != null ? null : new ApiKeyAuthenticator(config.keys(), config.keyFile(), config.groups(),
                Clock.systemUTC());
        authenticator = own != null ? own : keys;
        isShared = own != null || config.keys().size() > 1 || config.keyFile() != null;
        isAffinityNeeded = isShared || affinity().unknownIds() == AffinityConfig.UnknownIds.REFUSE
                || clusters.size() > 1 || clusters.values().stream().anyMatch(Cluster::hasOthers);
    }

    RelayConfig config() {
        return config;
    }

    LimitConfig limits() {
        return config.limits();
    }

    /** Returns the maximum number of exchanges in flight while their callers are unknown. */
    long maxUnidentified() {
        return 2L * limits().maxExchanges() + limits().maxQueued();
    }

    TimeoutConfig timeouts() {
        return config.timeouts();
    }

    AffinityConfig affinity() {
        return config.affinity();
    }

    Router router() {
        return router;
    }

    ApiOperations operations() {
        return operations;
    }

    Models models() {
        return models;
    }

    Cluster cluster(String name) {
        return clusters.get(name);
    }

    Collection<Cluster> clusters() {
        return clusters.values();
    }

    /** Returns the number of exchanges that wait for a permit of a cluster. */
    int queued() {
        return clusters.values().stream().mapToInt(Cluster::queued).sum();
    }

    /** Applies the limits of clusters that share state with the previous configuration. */
    void activate() {
        clusters.values().forEach(cluster -> cluster.takeOver(limits().maxQueued()));
    }

    /** Returns what is known about all endpoints. */
    List<EndpointStatus> statuses(long nowNanos) {
        return clusters.values().stream().flatMap(cluster -> cluster.statuses(nowNanos).stream()).toList();
    }

    /** Returns whether there are metrics for each caller. */
    boolean hasKeyMetrics() {
        return config.admin() == null || config.admin().hasKeyMetrics();
    }

    /** Returns the keys that have metrics. */
    List<KeyConfig> shownKeys() {
        if (keys == null || !hasKeyMetrics()) {
            return List.of();
        }
        List<KeyConfig> all = new ArrayList<>(keys.configured());
        all.addAll(keys.ofFile());
        return all;
    }

    /** Returns the keys, or null if an embedder identifies callers. */
    ApiKeyAuthenticator keys() {
        return keys;
    }

    Authenticator authenticator() {
        return authenticator;
    }

    /** Returns whether there may be several callers. */
    boolean isShared() {
        return isShared;
    }

    /** Returns whether a request could belong to one of several endpoints or callers. */
    boolean isAffinityNeeded() {
        return isAffinityNeeded;
    }

    Set<Endpoint> endpoints() {
        Set<Endpoint> all = new HashSet<>();
        clusters.values().forEach(cluster -> all.addAll(cluster.endpoints()));
        return all;
    }

    /** Reads the key file again if it has changed; not to be called on a loop that relays. */
    void refreshKeys() {
        if (keys != null) {
            keys.refresh();
        }
    }

    /** Reads key and certificate files again if they have changed; not to be called on a loop that relays. */
    void refreshFiles() {
        refreshKeys();
        clusters.values().forEach(Cluster::refreshFiles);
    }
}
