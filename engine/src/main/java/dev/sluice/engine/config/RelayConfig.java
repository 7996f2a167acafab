// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.Profiles;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything a relay is started with.
 *
 * @param listeners the addresses it serves; may be empty for a relay that only serves pipelines of somebody else's
 * @param admin     where health and metrics are served; null for nowhere
 * @param clusters  the upstreams, by name
 * @param routes    which model goes to which cluster; the first that matches wins
 * @param keys      the API keys that may call; empty means that anybody may, which is allowed on loopback only
 * @param keyFile   a file of further keys, read again whenever it changes; null for none
 * @param profiles  request profiles beside the built-in ones, by name
 * @param relayedPaths further paths that are relayed untouched with all below them, such as {@code /v1/embeddings}
 * @param defaultCluster owns stored objects whose owner is not known; null for none
 * @param affinity  how long it is remembered which endpoint a request belongs to
 * @param limits    bounds
 * @param timeouts  timers
 * @param http2Downstream bounds of HTTP/2 towards those who connect to us
 * @param http2Upstream bounds of HTTP/2 towards those whom we connect to
 * @param transport how sockets are driven
 */
public record RelayConfig(List<ListenerConfig> listeners, AdminConfig admin, List<ClusterConfig> clusters,
        List<RouteConfig> routes, List<KeyConfig> keys, Path keyFile, Map<String, Profile> profiles,
        List<String> relayedPaths, String defaultCluster, AffinityConfig affinity, LimitConfig limits,
        TimeoutConfig timeouts, Http2DownstreamConfig http2Downstream, Http2UpstreamConfig http2Upstream,
        TransportConfig transport) {

    public RelayConfig {
        listeners = List.copyOf(listeners);
        clusters = List.copyOf(clusters);
        routes = List.copyOf(routes);
        keys = List.copyOf(keys);
        profiles = Map.copyOf(profiles);
        relayedPaths = List.copyOf(relayedPaths);
        Checks.atLeast("clusters", clusters.size(), 1);
        Checks.atLeast("routes", routes.size(), 1);
        Set<String> names = new HashSet<>();
        for (ClusterConfig cluster : clusters) {
            if (!names.add(cluster.name())) {
                throw new IllegalArgumentException("clusters: " + cluster.name() + " twice (expected: each name once)");
            }
        }
        for (RouteConfig route : routes) {
            if (!names.contains(route.cluster())) {
                throw new IllegalArgumentException("routes: cluster " + route.cluster() + " (expected: one of "
                        + names + ")");
            }
        }
        if (defaultCluster != null && !names.contains(defaultCluster)) {
            throw new IllegalArgumentException("default_cluster: " + defaultCluster + " (expected: one of " + names
                    + ")");
        }
        Map<String, Profile> all = allProfiles(profiles);
        checkPaths(all.values());
        Set<String> known = all.keySet();
        routes.forEach(route -> checkProfile("routes: profile ", route.profile(), known));
        clusters.forEach(cluster -> checkProfile("clusters: dialect ", cluster.dialect(), known));
        relayedPaths.forEach(RelayConfig::checkPath);
        Set<String> hashes = new HashSet<>();
        for (KeyConfig key : keys) {
            if (!hashes.add(key.sha256())) {
                throw new IllegalArgumentException("keys: " + key.label() + " has the hash of another key"
                        + " (expected: each key once)");
            }
        }
    }

    private static Map<String, Profile> allProfiles(Map<String, Profile> own) {
        Map<String, Profile> all = new LinkedHashMap<>(Profiles.builtIn());
        own.forEach((name, profile) -> {
            if (all.put(name, profile) != null) {
                throw new IllegalArgumentException("profiles: " + name + " is built in (expected: another name)");
            }
        });
        return all;
    }

    private static void checkProfile(String setting, String name, Set<String> known) {
        if (name != null && !known.contains(name)) {
            throw new IllegalArgumentException(setting + name + " (expected: one of " + known + ")");
        }
    }

    private static void checkPaths(Collection<Profile> profiles) {
        Map<String, String> owners = new HashMap<>();
        for (Profile profile : profiles) {
            for (String path : profile.paths()) {
                String owner = owners.put(path, profile.name());
                if (owner != null) {
                    throw new IllegalArgumentException("profiles: " + profile.name() + " has the path " + path + " of "
                            + owner + " (expected: each path once)");
                }
            }
        }
    }

    private static void checkPath(String path) {
        if (!path.matches("(/[A-Za-z0-9._~-]+)+") || path.contains("/.") || path.startsWith("/v1/responses")
                || path.startsWith("/v1/models")) {
            throw new IllegalArgumentException("relayed_paths: " + path
                    + " (expected: a path such as /v1/embeddings that is not served already)");
        }
    }

    /** Returns the built-in profiles and those of this configuration, by name. */
    public Map<String, Profile> allProfiles() {
        return allProfiles(profiles);
    }

    /** Returns this configuration with another listener in the place of one. */
    public RelayConfig withListener(int index, ListenerConfig other) {
        List<ListenerConfig> changed = new ArrayList<>(listeners);
        changed.set(index, other);
        return new RelayConfig(changed, admin, clusters, routes, keys, keyFile, profiles, relayedPaths, defaultCluster,
                affinity, limits, timeouts, http2Downstream, http2Upstream, transport);
    }

    /** Starts a configuration with every default set. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Checks that a relay without keys can be reached from this machine only.
     *
     * @throws IllegalArgumentException where it could be reached from elsewhere
     */
    public void requireKeysOrLoopback() {
        if (!keys.isEmpty() || keyFile != null) {
            return;
        }
        for (ListenerConfig listener : listeners) {
            if (!isLoopback(listener.host())) {
                throw new IllegalArgumentException("keys: none, with a listener on " + listener.host()
                        + " (expected: at least one key, or listeners on loopback only)");
            }
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("listeners: host " + host + " (expected: an address of this machine)",
                    e);
        }
    }

    /** Collects the parts. */
    public static final class Builder {
        private final List<ListenerConfig> listeners = new ArrayList<>();
        private final List<ClusterConfig> clusters = new ArrayList<>();
        private final List<RouteConfig> routes = new ArrayList<>();
        private final List<KeyConfig> keys = new ArrayList<>();
        private final Map<String, Profile> profiles = new LinkedHashMap<>();
        private final List<String> relayedPaths = new ArrayList<>();
        private AdminConfig admin;
        private Path keyFile;
        private String defaultCluster;
        private AffinityConfig affinity = AffinityConfig.DEFAULT;
        private LimitConfig limits = LimitConfig.DEFAULT;
        private TimeoutConfig timeouts = TimeoutConfig.DEFAULT;
        private Http2DownstreamConfig http2Downstream = Http2DownstreamConfig.DEFAULT;
        private Http2UpstreamConfig http2Upstream = Http2UpstreamConfig.DEFAULT;
        private TransportConfig transport = TransportConfig.DEFAULT;

        private Builder() {
        }

        /** Serves plain text at an address; port 0 lets the system choose. */
        public Builder listen(String host, int port) {
            return listener(new ListenerConfig(host, port, null));
        }

        /** Adds a listener. */
        public Builder listener(ListenerConfig listener) {
            listeners.add(listener);
            return this;
        }

        /** Serves health and metrics. */
        public Builder admin(AdminConfig config) {
            admin = config;
            return this;
        }

        /** Adds a cluster. */
        public Builder cluster(ClusterConfig cluster) {
            clusters.add(cluster);
            return this;
        }

        /** Adds a route after those that are there. */
        public Builder route(RouteConfig route) {
            routes.add(route);
            return this;
        }

        /** Adds a key. */
        public Builder key(KeyConfig key) {
            keys.add(key);
            return this;
        }

        /** Reads further keys from a file, again whenever it changes. */
        public Builder keyFile(Path file) {
            keyFile = file;
            return this;
        }

        /** Adds a request profile. */
        public Builder profile(Profile profile) {
            profiles.put(profile.name(), profile);
            return this;
        }

        /** Adds a path that is relayed untouched, with all below it. */
        public Builder relayedPath(String path) {
            relayedPaths.add(path);
            return this;
        }

        /** Names the cluster that owns stored objects whose owner is not known. */
        public Builder defaultCluster(String cluster) {
            defaultCluster = cluster;
            return this;
        }

        /** Replaces how long it is remembered which endpoint a request belongs to. */
        public Builder affinity(AffinityConfig config) {
            affinity = config;
            return this;
        }

        /** Replaces the bounds. */
        public Builder limits(LimitConfig config) {
            limits = config;
            return this;
        }

        /** Replaces the timers. */
        public Builder timeouts(TimeoutConfig config) {
            timeouts = config;
            return this;
        }

        /** Replaces the bounds of HTTP/2 towards those who connect to us. */
        public Builder http2(Http2DownstreamConfig config) {
            http2Downstream = config;
            return this;
        }

        /** Replaces the bounds of HTTP/2 towards those whom we connect to. */
        public Builder http2(Http2UpstreamConfig config) {
            http2Upstream = config;
            return this;
        }

        /** Replaces how sockets are driven. */
        public Builder transport(TransportConfig config) {
            transport = config;
            return this;
        }

        /**
         * Returns the configuration.
         *
         * @throws IllegalArgumentException where its parts do not fit together
         */
        public RelayConfig build() {
            return new RelayConfig(listeners, admin, clusters, routes, keys, keyFile, profiles, relayedPaths,
                    defaultCluster, affinity, limits, timeouts, http2Downstream, http2Upstream, transport);
        }
    }
}
