// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.Profiles;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The complete configuration of a relay.
 *
 * @param listeners the addresses on which the relay accepts connections; may be empty for a relay that is only used
 *                  through a {@link dev.sluice.engine.RelayHandler}
 * @param admin     the address of the admin pages; null for none
 * @param clusters  the upstreams; at least one, each name once
 * @param routes    the routes from models to clusters, at least one; the first match wins
 * @param keys      the accepted API keys. If there is neither a key nor a key file, requests are accepted without a
 *                  key, which is allowed on loopback only
 * @param keyFile   a file of further keys, reread when it changes; null for none
 * @param groups    the groups of keys, each name once
 * @param prices    the prices of tokens, for budgets and usage; the first that matches counts
 * @param budgetZone the time zone of days, weeks and months in budgets
 * @param profiles  request profiles in addition to the built-in ones, by name
 * @param relayedPaths further paths that are relayed unchanged, together with all paths below them, such as
 *                  {@code /v1/embeddings}
 * @param defaultCluster the cluster for stored objects whose owner is unknown; null for none
 * @param via       the relay's pseudonym in {@code Via} (RFC 9110 section 7.6.3), a token. A request that carries it
 *                  already has come back and is refused with 508. Empty to add no {@code Via}
 * @param affinity  the bounds of the memory that maps requests to their endpoints
 * @param limits    the limits of requests and exchanges
 * @param timeouts  the timeouts
 * @param http2Downstream the limits of HTTP/2 connections from downstreams
 * @param http2Upstream the limits of HTTP/2 connections to upstreams
 * @param transport the system interface and the event loops
 * @param accessLog the access log
 * @param onRevoke  the treatment of exchanges in flight whose key is removed
 */
public record RelayConfig(List<ListenerConfig> listeners, AdminConfig admin, List<ClusterConfig> clusters,
        List<RouteConfig> routes, List<KeyConfig> keys, Path keyFile, List<GroupConfig> groups,
        List<PriceConfig> prices, ZoneId budgetZone, Map<String, Profile> profiles, List<String> relayedPaths,
        String defaultCluster, String via, AffinityConfig affinity, LimitConfig limits, TimeoutConfig timeouts,
        Http2DownstreamConfig http2Downstream, Http2UpstreamConfig http2Upstream, TransportConfig transport,
        AccessLogConfig accessLog, RevokePolicy onRevoke) {

    public RelayConfig {
        listeners = Checks.list("listeners", listeners);
        clusters = Checks.list("clusters", clusters);
        routes = Checks.list("routes", routes);
        keys = Checks.list("keys", keys);
        groups = Checks.list("groups", groups);
        prices = Checks.list("prices", prices);
        Checks.present("budget_zone", budgetZone);
        profiles = Checks.map("profiles", profiles);
        relayedPaths = Checks.list("relayed_paths", relayedPaths);
        if (via == null || !via.matches("[-!#$%&'*+.^_`|~0-9A-Za-z]{0,64}")) {
            throw new ConfigException("via", "via: " + via + " (expected: a token of at most 64 characters, or"
                    + " empty)");
        }
        Checks.present("affinity", affinity);
        Checks.present("limits", limits);
        Checks.present("timeouts", timeouts);
        Checks.present("http2 downstream", http2Downstream);
        Checks.present("http2 upstream", http2Upstream);
        Checks.present("transport", transport);
        Checks.present("access_log", accessLog);
        Checks.present("on_revoke", onRevoke);
        Checks.atLeast("clusters", clusters.size(), 1);
        Checks.atLeast("routes", routes.size(), 1);
        checkAddresses(listeners, admin);
        Set<String> names = new LinkedHashSet<>();
        for (ClusterConfig cluster : clusters) {
            if (!names.add(cluster.name())) {
                throw new ConfigException("clusters." + cluster.name(), "clusters: " + cluster.name()
                        + " twice (expected: each name once)");
            }
        }
        for (int i = 0; i < routes.size(); i++) {
            checkOneOf("routes[" + i + "].cluster", routes.get(i).cluster(), names);
        }
        checkOneOf("default_cluster", defaultCluster, names);
        Map<String, Profile> all = allProfiles(profiles);
        checkPaths(all.values());
        for (int i = 0; i < routes.size(); i++) {
            checkOneOf("routes[" + i + "].profile", routes.get(i).profile(), all.keySet());
        }
        clusters.forEach(cluster -> checkOneOf("clusters." + cluster.name() + ".dialect", cluster.dialect(),
                all.keySet()));
        for (int i = 0; i < relayedPaths.size(); i++) {
            checkPath("relayed_paths[" + i + ']', relayedPaths.get(i));
        }
        Set<String> groupNames = new LinkedHashSet<>();
        for (GroupConfig group : groups) {
            if (!groupNames.add(group.name())) {
                throw new ConfigException("groups." + group.name(), "groups: " + group.name()
                        + " twice (expected: each name once)");
            }
        }
        for (int i = 0; i < keys.size(); i++) {
            checkOneOf("keys[" + i + "].group", keys.get(i).group(), groupNames);
        }
        Set<String> hashes = new HashSet<>();
        for (int i = 0; i < keys.size(); i++) {
            if (!hashes.add(keys.get(i).sha256())) {
                throw new ConfigException("keys[" + i + "].sha256", "keys: " + keys.get(i).label()
                        + " has the same hash as another key (expected: each key once)");
            }
        }
    }

    /** Checks that no address is bound twice. Port 0 and inherited sockets are never the same. */
    private static void checkAddresses(List<ListenerConfig> listeners, AdminConfig admin) {
        Set<String> addresses = new HashSet<>();
        for (int i = 0; i < listeners.size(); i++) {
            ListenerConfig listener = listeners.get(i);
            if (listener.port() > 0 && listener.fd() < 0) {
                checkAddress("listeners[" + i + "].address", listener.host(), listener.port(), addresses);
            }
        }
        if (admin != null && admin.port() > 0) {
            checkAddress("admin.address", admin.host(), admin.port(), addresses);
        }
    }

    private static void checkAddress(String path, String host, int port, Set<String> addresses) {
        String address = host + ':' + port;
        if (!addresses.add(address.toLowerCase(Locale.ROOT))) {
            throw new ConfigException(path, path + ": " + address + " twice (expected: each address once)");
        }
    }

    private static Map<String, Profile> allProfiles(Map<String, Profile> own) {
        Map<String, Profile> all = new LinkedHashMap<>(Profiles.builtIn());
        own.forEach((name, profile) -> {
            if (all.put(name, profile) != null) {
                throw new ConfigException("profiles." + name, "profiles: " + name
                        + " is built in (expected: another name)");
            }
        });
        return all;
    }

    private static void checkOneOf(String path, String name, Set<String> known) {
        if (name != null && !known.contains(name)) {
            throw new ConfigException(path, path + ": " + name + " (expected: one of " + String.join(", ", known)
                    + ")");
        }
    }

    private static void checkPaths(Collection<Profile> profiles) {
        Map<String, String> owners = new HashMap<>();
        for (Profile profile : profiles) {
            for (String path : profile.paths()) {
                String owner = owners.put(path, profile.name());
                if (owner != null) {
                    throw new ConfigException("profiles." + profile.name(), "profiles: " + profile.name()
                            + " has the path " + path + " of " + owner + " (expected: each path once)");
                }
            }
        }
    }

    private static void checkPath(String setting, String path) {
        if (!path.matches("(/[A-Za-z0-9._~-]+)+") || path.contains("/.") || path.startsWith("/v1/responses")
                || path.startsWith("/v1/models")) {
            throw new ConfigException(setting, "relayed_paths: " + path
                    + " (expected: a path such as /v1/embeddings that the relay does not serve already)");
        }
    }

    /** {@return the built-in profiles and those of this configuration, by name} */
    public Map<String, Profile> allProfiles() {
        return allProfiles(profiles);
    }

    /**
     * Returns a copy in which one listener is replaced.
     *
     * @param index index of the listener to replace, from 0
     * @param other the replacement
     * @return the copy
     */
    public RelayConfig withListener(int index, ListenerConfig other) {
        List<ListenerConfig> changed = new ArrayList<>(listeners);
        changed.set(index, other);
        return new RelayConfig(changed, admin, clusters, routes, keys, keyFile, groups, prices, budgetZone,
                profiles, relayedPaths, defaultCluster, via, affinity, limits, timeouts, http2Downstream,
                http2Upstream, transport, accessLog, onRevoke);
    }

    /** {@return a builder with all defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Checks that a relay without keys listens on loopback only.
     *
     * @throws IllegalArgumentException if there is neither a key nor a key file, and a listener is reachable from
     *                                  another machine
     */
    public void requireKeysOrLoopback() {
        if (!keys.isEmpty() || keyFile != null) {
            return;
        }
        for (int i = 0; i < listeners.size(); i++) {
            String host = listeners.get(i).host();
            if (!isLoopback("listeners[" + i + "].address", host)) {
                throw new ConfigException("listeners[" + i + "].address", "keys: none, with a listener on " + host
                        + " (expected: at least one key, or listeners on loopback only)");
            }
        }
    }

    /**
     * Checks that no other machine can reach the admin listener without a token or a certificate.
     *
     * @throws IllegalArgumentException if one can
     */
    public void requireProtectedAdmin() {
        if (admin != null && !admin.isProtected() && !isLoopback("admin.address", admin.host())) {
            throw new ConfigException("admin.address", "admin.address: " + admin.host() + ", without a token or"
                    + " certificates of callers (expected: admin.token_file, or an address on loopback)");
        }
    }

    private static boolean isLoopback(String path, String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new ConfigException(path, path + ": host " + host + " (expected: an address of this machine)", e);
        }
    }

    /** A builder of {@link RelayConfig}. Not thread-safe. */
    public static final class Builder {
        private final List<ListenerConfig> listeners = new ArrayList<>();
        private final List<ClusterConfig> clusters = new ArrayList<>();
        private final List<RouteConfig> routes = new ArrayList<>();
        private final List<KeyConfig> keys = new ArrayList<>();
        private final List<GroupConfig> groups = new ArrayList<>();
        private final List<PriceConfig> prices = new ArrayList<>();
        private ZoneId budgetZone = ZoneId.of("UTC");
        private final Map<String, Profile> profiles = new LinkedHashMap<>();
        private final List<String> relayedPaths = new ArrayList<>();
        private String via = "sluice";
        private AdminConfig admin;
        private Path keyFile;
        private String defaultCluster;
        private AffinityConfig affinity = AffinityConfig.DEFAULT;
        private LimitConfig limits = LimitConfig.DEFAULT;
        private TimeoutConfig timeouts = TimeoutConfig.DEFAULT;
        private Http2DownstreamConfig http2Downstream = Http2DownstreamConfig.DEFAULT;
        private Http2UpstreamConfig http2Upstream = Http2UpstreamConfig.DEFAULT;
        private TransportConfig transport = TransportConfig.DEFAULT;
        private AccessLogConfig accessLog = AccessLogConfig.DEFAULT;
        private RevokePolicy onRevoke = RevokePolicy.CONTINUE;

        private Builder() {
        }

        /**
         * Adds a listener in plain text.
         *
         * @param host address or host name of this machine
         * @param port TCP port, 0 to 65535; 0 lets the system choose
         * @return this builder
         */
        public Builder listen(String host, int port) {
            return listener(new ListenerConfig(host, port, null));
        }

        /**
         * Adds a listener.
         *
         * @param listener the listener
         * @return this builder
         */
        public Builder listener(ListenerConfig listener) {
            listeners.add(listener);
            return this;
        }

        /**
         * Sets the address of the admin pages.
         *
         * @param config the address; null for none
         * @return this builder
         */
        public Builder admin(AdminConfig config) {
            admin = config;
            return this;
        }

        /**
         * Adds a cluster.
         *
         * @param cluster the cluster
         * @return this builder
         */
        public Builder cluster(ClusterConfig cluster) {
            clusters.add(cluster);
            return this;
        }

        /**
         * Adds a route after the existing ones.
         *
         * @param route the route
         * @return this builder
         */
        public Builder route(RouteConfig route) {
            routes.add(route);
            return this;
        }

        /**
         * Adds an API key.
         *
         * @param key the key
         * @return this builder
         */
        public Builder key(KeyConfig key) {
            keys.add(key);
            return this;
        }

        /**
         * Adds a group of keys.
         *
         * @param group the group
         * @return this builder
         */
        public Builder group(GroupConfig group) {
            groups.add(group);
            return this;
        }

        /**
         * Adds prices; the first that match a model count.
         *
         * @param price the prices
         * @return this builder
         */
        public Builder price(PriceConfig price) {
            prices.add(price);
            return this;
        }

        /**
         * Sets the time zone of days, weeks and months in budgets. The default is UTC.
         *
         * @param zone the zone
         * @return this builder
         */
        public Builder budgetZone(ZoneId zone) {
            budgetZone = zone;
            return this;
        }

        /**
         * Sets the file of further keys, which is reread when it changes.
         *
         * @param file the file; null for none
         * @return this builder
         */
        public Builder keyFile(Path file) {
            keyFile = file;
            return this;
        }

        /**
         * Adds a request profile.
         *
         * @param profile the profile; replaces an added one of the same name
         * @return this builder
         */
        public Builder profile(Profile profile) {
            Checks.present("profiles", profile);
            profiles.put(profile.name(), profile);
            return this;
        }

        /**
         * Adds a path that is relayed unchanged, together with all paths below it.
         *
         * @param path the path, such as {@code /v1/embeddings}
         * @return this builder
         */
        public Builder relayedPath(String path) {
            relayedPaths.add(path);
            return this;
        }

        /**
         * Sets {@link RelayConfig#via}.
         *
         * @param pseudonym a token; empty to add no {@code Via}
         * @return this builder
         */
        public Builder via(String pseudonym) {
            via = pseudonym;
            return this;
        }

        /**
         * Sets the cluster for stored objects whose owner is unknown.
         *
         * @param cluster the name of the cluster; null for none
         * @return this builder
         */
        public Builder defaultCluster(String cluster) {
            defaultCluster = cluster;
            return this;
        }

        /**
         * Replaces the bounds of the memory that maps requests to their endpoints.
         *
         * @param config the bounds
         * @return this builder
         */
        public Builder affinity(AffinityConfig config) {
            affinity = config;
            return this;
        }

        /**
         * Replaces the limits of requests and exchanges.
         *
         * @param config the limits
         * @return this builder
         */
        public Builder limits(LimitConfig config) {
            limits = config;
            return this;
        }

        /**
         * Replaces the timeouts.
         *
         * @param config the timeouts
         * @return this builder
         */
        public Builder timeouts(TimeoutConfig config) {
            timeouts = config;
            return this;
        }

        /**
         * Replaces the limits of HTTP/2 connections from downstreams.
         *
         * @param config the limits
         * @return this builder
         */
        public Builder http2(Http2DownstreamConfig config) {
            http2Downstream = config;
            return this;
        }

        /**
         * Replaces the limits of HTTP/2 connections to upstreams.
         *
         * @param config the limits
         * @return this builder
         */
        public Builder http2(Http2UpstreamConfig config) {
            http2Upstream = config;
            return this;
        }

        /**
         * Replaces the system interface and the event loops.
         *
         * @param config the transport
         * @return this builder
         */
        public Builder transport(TransportConfig config) {
            transport = config;
            return this;
        }

        /**
         * Sets {@link RelayConfig#accessLog}.
         *
         * @param config which exchanges have a line, and where it goes
         * @return this builder
         */
        public Builder accessLog(AccessLogConfig config) {
            accessLog = config;
            return this;
        }

        /**
         * Sets {@link RelayConfig#onRevoke}.
         *
         * @param policy the treatment of exchanges in flight whose key is removed
         * @return this builder
         */
        public Builder onRevoke(RevokePolicy policy) {
            onRevoke = policy;
            return this;
        }

        /**
         * Builds the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException if the parts do not fit together
         */
        public RelayConfig build() {
            return new RelayConfig(listeners, admin, clusters, routes, keys, keyFile, groups, prices, budgetZone,
                    profiles, relayedPaths, defaultCluster, via, affinity, limits, timeouts, http2Downstream,
                    http2Upstream, transport, accessLog, onRevoke);
        }
    }
}
