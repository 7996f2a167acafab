// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HealthConfig;
import dev.sluice.engine.config.Http2UpstreamConfig;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.files.FollowedFiles;
import dev.sluice.engine.http.QueryParameters;
import dev.sluice.engine.spi.EndpointRest;
import dev.sluice.engine.tls.ClientTls;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One upstream address, ready to connect to. Shared by all loops; compared by identity. */
public final class Endpoint {
    private static final long MIN_NEWS_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final Set<String> CREDENTIALS = Set.of("authorization", "api-key", "x-api-key");

    private final EndpointConfig config;
    private final String cluster;
    private final ClientTls tls;
    private final EndpointHealth health;
    private final int ordinal;
    private final HealthConfig.CheckConfig check;
    /** Written by the thread that refreshes files, read by all loops. */
    private volatile String apiKey;
    private volatile Consumer<EndpointRest> others; // null if there are no other relays to tell
    private final FollowedFiles keyFile;
    private final String hostHeader;
    private final String basePath;
    /** The parameters of the URL as they are written. */
    private final List<String> parameters;
    private final String id;
    private final long hash;
    private final boolean hasCredentialHeader;

    Endpoint(EndpointConfig config, String cluster, ClientTls tls, HealthConfig limits) {
        this(config, cluster, 0, tls, new EndpointHealth(limits), limits.check());
    }

    /**
     * @param ordinal the number of earlier endpoints of the cluster with the same URL; such endpoints are accounts at
     *                one provider
     */
    Endpoint(EndpointConfig config, String cluster, int ordinal, ClientTls tls, EndpointHealth health,
            HealthConfig.CheckConfig check) {
        this.health = health;
        this.check = check;
        this.ordinal = ordinal;
        this.config = config;
        this.cluster = cluster;
        this.tls = tls;
        String host = config.baseUrl().getHost();
        hostHeader = config.baseUrl().getPort() < 0 ? host : host + ':' + config.baseUrl().getPort();
        String path = config.baseUrl().getRawPath();
        keyFile = config.apiKeyFile() == null ? null : new FollowedFiles("endpoint " + hostHeader + ": key",
                config.apiKeyFile());
        apiKey = keyFile == null ? config.apiKey() : EndpointConfig.readKey(config.apiKeyFile());
        basePath = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        parameters = QueryParameters.of(config.baseUrl().getRawQuery());
        id = cluster + '|' + config.baseUrl() + (ordinal == 0 ? "" : "#" + ordinal);
        hash = hash(id);
        hasCredentialHeader = config.headers().keySet().stream().anyMatch(name -> CREDENTIALS.contains(
                name.toLowerCase(Locale.ROOT)));
    }

    /** Returns whether the endpoint has exactly this configuration. */
    boolean isOf(EndpointConfig other) {
        return config.equals(other);
    }

    /** Returns whether the endpoint has this ordinal and this TLS setup. */
    boolean isAs(int otherOrdinal, ClientTls otherTls) {
        return ordinal == otherOrdinal && tls == otherTls;
    }

    /** Returns whether the endpoint has the URL of this configuration. */
    boolean isAt(EndpointConfig other) {
        return config.baseUrl().equals(other.baseUrl());
    }

    /** Returns a hash that is the same on every relay, because relays that share sessions must agree on it. */
    private static long hash(String text) {
        long hash = 0;
        for (int i = 0; i < text.length(); i++) {
            hash = Balancer.mix(hash + text.charAt(i) + 1);
        }
        return hash;
    }

    /** Returns the id that is the same on every relay: the cluster, the base URL and the ordinal. */
    public String id() {
        return id;
    }

    /** Returns the hash of the id. */
    long hash() {
        return hash;
    }

    /** Returns the host to connect to, without the brackets of an IPv6 address. */
    public String host() {
        String host = config.baseUrl().getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** Returns the port to connect to. */
    public int port() {
        return config.port();
    }

    /** Returns the cluster's name. */
    public String cluster() {
        return cluster;
    }

    /** Returns whether connections use TLS. */
    public boolean isTls() {
        return tls != null;
    }

    /** Returns the TLS context for the next connection, which offers these HTTP versions. */
    public SslContext tls(HttpVersions versions) {
        return tls.context(versions);
    }

    /** Returns the value of the Host header. */
    public String hostHeader() {
        return hostHeader;
    }

    /** Returns the path that replaces the API's prefix: empty, or without a trailing slash. */
    public String basePath() {
        return basePath;
    }

    /**
     * Returns the query of a request: the caller's, with the parameters of the endpoint's URL that it does not have.
     *
     * @param query the caller's query, with its question mark; empty for none
     */
    public String query(String query) {
        return parameters.isEmpty() ? query : QueryParameters.add(query, parameters);
    }

    /** Returns the HTTP versions that may be used. */
    public HttpVersions versions() {
        return config.versions();
    }

    /** Returns the number of idle connections that each loop keeps warm. */
    public int warmConnections() {
        return config.warmConnections();
    }

    /** Returns whether requests carry credentials of the relay's own. */
    public boolean hasCredentials() {
        return apiKey != null || hasCredentialHeader;
    }

    /** Returns the headers that are added to each request. */
    public Map<String, String> headers() {
        return config.headers();
    }

    /** Returns the HTTP/2 bounds for this endpoint: its own, or else the common ones. */
    public Http2UpstreamConfig http2(Http2UpstreamConfig common) {
        return config.maxConnections() == 0 && config.maxStreams() == 0 ? common : common.withCapacity(
                config.maxStreams() == 0 ? common.maxStreams() : config.maxStreams(),
                config.maxConnections() == 0 ? common.maxConnections() : config.maxConnections(), common.maxQueued());
    }

    /** Returns the configuration of health checks, or null for none. */
    public HealthConfig.CheckConfig check() {
        return check;
    }

    EndpointHealth health() {
        return health;
    }

    int weight() {
        return config.weight();
    }

    int priority() {
        return config.priority();
    }

    /** Returns whether the limit of requests in flight allows another one. */
    boolean hasRoom() {
        return config.maxInFlight() == 0 || health.inFlight() < config.maxInFlight();
    }

    /**
     * Acquires a slot for a request.
     *
     * @param model the model's name upstream; null if the request has none
     * @return the slot, or null if the limit of requests in flight is reached
     */
    Slot tryAcquire(String model) {
        return health.tryAcquireSlot(model, config.maxInFlight()) ? new Slot(this, model) : null;
    }

    /** {@return whether the endpoint is ejected and the time to probe it has not come} */
    public boolean isEjected(long nowNanos) {
        return health.isEjected(nowNanos);
    }

    /** {@return whether the endpoint is ejected, or is being probed after an ejection} */
    public boolean isEjectedOrProbed(long nowNanos) {
        return health.isEjectedOrProbed(nowNanos);
    }

    /** Records a response that is not a failure of the endpoint. */
    public void recordSuccess(long nowNanos) {
        health.recordSuccess(nowNanos);
    }

    /** Records a failure of the endpoint: no connection, no response, or a status such as 503. */
    public void recordFailure(long nowNanos) {
        long before = health.ownLeftNanos(nowNanos);
        health.recordFailure(nowNanos);
        publish(null, false, before, nowNanos);
    }

    /**
     * Records a failed connect.
     *
     * @return the number of failed connects since the last connection
     */
    public int recordUnreachable() {
        return health.recordUnreachable();
    }

    /**
     * Records a connection.
     *
     * @return the number of failed connects before it
     */
    public int recordReached() {
        return health.recordReached();
    }

    /**
     * Records a response that serves its request.
     *
     * @param startedNanos the time at which the request began
     */
    public void recordServed(String model, long startedNanos, long nowNanos) {
        health.recordServed(model, startedNanos, nowNanos);
    }

    /**
     * Keeps requests away from the endpoint, or from a model there, after a response that refuses more than one
     * request.
     *
     * @param cause      why; not {@link RestPolicy.Cause#NONE}
     * @param model      the model's name upstream; null if the request has none
     * @param namedNanos the time that the response names; 0 for none
     * @return whether the endpoint's credentials were refused and had not been before
     */
    public boolean rest(RestPolicy.Cause cause, String model, long namedNanos, long nowNanos) {
        String resting = cause.isOfModel() ? keyOf(model) : null;
        long before = leftNanos(resting, nowNanos);
        boolean isNew = health.rest(cause, model, namedNanos, nowNanos);
        publish(resting, namedNanos > 0 && cause.isOfModel(), before, nowNanos);
        return isNew;
    }

    /** {@return whether a request could be served now, as far as is known} */
    boolean isReady(String model, long nowNanos) {
        return health.isAvailable(model, nowNanos) && hasRoom();
    }

    /** Keeps requests away from the endpoint for a while, because it asked for that; the latest end time counts. */
    public void restFor(long nowNanos, long nanos) {
        long before = health.ownLeftNanos(nowNanos);
        health.restFor(nowNanos, nanos);
        publish(null, true, before, nowNanos);
    }

    /** Keeps requests for one model away from the endpoint for a while; the latest end time counts. */
    public void restFor(String model, long nowNanos, long nanos) {
        long before = health.leftNanos(model, nowNanos);
        health.restFor(model, nowNanos, nanos);
        publish(keyOf(model), true, before, nowNanos);
    }

    private static String keyOf(String model) {
        return model == null ? "" : model;
    }

    /** Returns for how long a model rests here, or the endpoint if the model is null. */
    private long leftNanos(String model, long nowNanos) {
        return model == null ? health.ownLeftNanos(nowNanos) : health.leftNanos(model, nowNanos);
    }

    /** Tells other relays about a rest if it ends noticeably later than before. */
    private void publish(String model, boolean isNamed, long leftBeforeNanos, long nowNanos) {
        Consumer<EndpointRest> now = others;
        long left = now == null ? 0 : leftNanos(model, nowNanos);
        if (left - leftBeforeNanos > MIN_NEWS_NANOS) {
            now.accept(new EndpointRest(id, model, Duration.ofNanos(left), isNamed));
        }
    }

    void publishRestsTo(Consumer<EndpointRest> receiver) {
        others = receiver;
    }

    /** Takes over what another relay has learned. */
    void onHint(EndpointRest rest, long nowNanos) {
        long nanos = rest.left().toNanos();
        if (!rest.isNamed()) {
            health.suspect(nowNanos, nanos);
        } else if (rest.model() == null) {
            health.restFor(nowNanos, nanos);
        } else {
            health.restFor(rest.model(), nowNanos, nanos);
        }
    }

    /**
     * Records bytes from the endpoint that belong to no response. After the second time within a minute its connections
     * are not reused for ten minutes, because the next such bytes might be taken for the response to another caller.
     *
     * @return what is known about the endpoint now
     */
    public Unsolicited recordUnsolicited(long nowNanos) {
        return health.recordUnsolicited(nowNanos);
    }

    /** {@return whether an HTTP/1.1 connection may carry another exchange} */
    public boolean isReused(long nowNanos) {
        return health.isReused(nowNanos);
    }

    /** Returns the key to authenticate with, or null. */
    public String apiKey() {
        return apiKey;
    }

    /** Reads the key file again if it has changed. */
    void refreshKey() {
        if (keyFile != null) {
            keyFile.ifChanged(() -> {
                apiKey = EndpointConfig.readKey(config.apiKeyFile());
                health.onNewCredentials();
            });
        }
    }

    /** Returns host and port, for logs. */
    /** Returns what is known about the endpoint now. */
    EndpointStatus status(String name, long nowNanos) {
        return new EndpointStatus(cluster, name,
                health.state(nowNanos), health.inFlight(), health.waits(nowNanos), health.begun());
    }

    @Override
    public String toString() {
        return hostHeader;
    }
}
