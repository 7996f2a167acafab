// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import dev.sluice.engine.admission.FairGate;
import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.engine.tls.ClientTls;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** A named set of endpoints. Shared by all loops. */
public final class Cluster {
    private final ClusterConfig config;
    private final Endpoint[] endpoints;
    private final ClientTls tls;
    private final Balancer balancer;
    private final FairGate gate;
    private final RetryBudget retries;
    private final ResponseTimes responseTimes;
    private final WebSocketMode websocket;

    /**
     * Creates a cluster.
     *
     * @param maxQueued the number of exchanges that may wait if the cluster has a limit
     * @param before    the same cluster in the previous configuration: unchanged endpoints keep their health and their
     *                  connections; null for none
     * @throws IllegalArgumentException if its trusted certificate authorities or its certificate cannot be used
     */
    public Cluster(ClusterConfig config, int maxQueued, Cluster before) {
        this.config = config;
        websocket = config.websocket().resolve(config.endpoints());
        boolean isTlsNeeded = config.endpoints().stream().anyMatch(EndpointConfig::isTls);
        boolean isTlsKept = before != null && before.tls != null && Objects.equals(config.caFile(),
                before.config.caFile()) && Objects.equals(config.certificate(), before.config.certificate());
        tls = !isTlsNeeded ? null : isTlsKept ? before.tls : newTls(config);
        List<Endpoint> known = new ArrayList<>(before == null || !before.config.health().equals(config.health())
                ? List.of() : before.endpoints());
        Endpoint[] same = new Endpoint[config.endpoints().size()];
        for (int i = 0; i < same.length; i++) { // unchanged ones first, so that no other endpoint adopts their health
            EndpointConfig wanted = config.endpoints().get(i);
            same[i] = known.stream().filter(each -> each.isOf(wanted)).findFirst().orElse(null);
            known.remove(same[i]);
        }
        List<Endpoint> made = new ArrayList<>();
        for (int i = 0; i < same.length; i++) {
            EndpointConfig endpoint = config.endpoints().get(i);
            long sameUrl = made.stream().filter(each -> each.isAt(endpoint)).count();
            made.add(adopt(endpoint, (int) sameUrl, same[i], known));
        }
        endpoints = made.toArray(Endpoint[]::new);
        balancer = new Balancer(config.balance(), endpoints, config.health().panicPercent());
        retries = before == null ? new RetryBudget() : before.retries;
        responseTimes = before == null ? new ResponseTimes() : before.responseTimes;
        FairGate gateBefore = before == null ? null : before.gate;
        gate = config.maxInFlight() == 0 ? null
                : gateBefore != null ? gateBefore : new FairGate(config.maxInFlight(), maxQueued);
    }

    private static ClientTls newTls(ClusterConfig config) {
        try {
            return new ClientTls("cluster " + config.name(), config.caFile(), config.certificate());
        } catch (ConfigException e) {
            throw e.within("clusters." + config.name());
        }
    }

    /**
     * Returns the known endpoint if it is unchanged, otherwise a new one that adopts the health of the endpoint at its
     * URL.
     */
    private Endpoint adopt(EndpointConfig endpoint, int ordinal, Endpoint same, List<Endpoint> known) {
        ClientTls ofEndpoint = endpoint.isTls() ? tls : null;
        if (same != null && same.isAs(ordinal, ofEndpoint)) {
            return same;
        }
        Endpoint moved = same != null ? same : known.stream().filter(each -> each.isAt(endpoint)).findFirst()
                .orElse(null);
        known.remove(moved);
        return new Endpoint(endpoint, config.name(), ordinal, ofEndpoint, moved == null
                ? new EndpointHealth(config.health()) : moved.health(), config.health().check());
    }

    /** Applies the limits of this configuration to the gate that it shares with the previous one. */
    public void takeOver(int maxQueued) {
        if (gate != null) {
            gate.setLimits(config.maxInFlight(), maxQueued);
        }
    }

    /** Returns the endpoints. */
    public List<Endpoint> endpoints() {
        return List.of(endpoints);
    }

    /**
     * Reads the TLS files and the endpoints' key files again if they have changed; not to be called on a loop that
     * relays.
     */
    public void refreshFiles() {
        if (tls != null) {
            tls.refresh();
        }
        for (Endpoint endpoint : endpoints) {
            endpoint.refreshKey();
        }
    }

    /**
     * Chooses the endpoint for the next attempt and acquires a slot there.
     *
     * @param model    the model's name upstream; null if the request has none
     * @param asked    the endpoints that have had their turn
     * @param hash     a number that requests of one session have in common; 0 for none
     * @param nowNanos the clock's time
     * @return the slot, to be closed when the attempt is over, or null if all other endpoints are full
     */
    public Slot choose(String model, Set<Endpoint> asked, long hash, long nowNanos) {
        for (int i = 0; i <= endpoints.length; i++) {
            Endpoint chosen = balancer.choose(model, asked, hash, nowNanos);
            Slot slot = chosen == null ? null : chosen.tryAcquire(model);
            if (slot != null || chosen == null) {
                return slot;
            }
        }
        return null; // other loops took the last slot each time
    }

    /**
     * Acquires a slot at a preferred endpoint if it is healthy and has at most twice its share of the load.
     *
     * @param model the model's name upstream; null if the request has none
     * @return the slot, or null if another endpoint should be used
     */
    public Slot tryAcquireIfWelcome(String model, Endpoint preferred, long nowNanos) {
        return balancer.isWelcome(model, preferred, nowNanos) ? preferred.tryAcquire(model) : null;
    }

    /**
     * Acquires a slot at a certain endpoint.
     *
     * @param model the model's name upstream; null if the request has none
     * @return the slot, or null if the endpoint is full
     */
    public Slot tryAcquire(String model, Endpoint at) {
        return at.tryAcquire(model);
    }

    /** Returns whether a hash decides which endpoint serves a session, so that owners need not be stored. */
    public boolean isByHash() {
        return config.balance() == Balance.RENDEZVOUS;
    }

    /** Returns the endpoint with this id, or null if the cluster no longer has it. */
    public Endpoint endpoint(String id) {
        for (Endpoint endpoint : endpoints) {
            if (endpoint.id().equals(id)) {
                return endpoint;
            }
        }
        return null;
    }

    /** {@return whether the cluster has only one endpoint} */
    public boolean isSingle() {
        return endpoints.length == 1;
    }

    /** Returns whether the cluster has more than one endpoint. */
    public boolean hasOthers() {
        return endpoints.length > 1;
    }

    /** {@return whether there is an endpoint other than the current one that has not had its turn} */
    public boolean hasUnasked(Set<Endpoint> asked, Endpoint current) {
        return balancer.hasUnasked(asked, current);
    }

    /** {@return whether another endpoint than the current one is ready and has not had its turn} */
    public boolean hasReady(String model, Set<Endpoint> asked, Endpoint current, long nowNanos) {
        return balancer.hasReady(model, asked, current, nowNanos);
    }

    /** {@return whether more than half of the endpoints are out: ejected, resting or being probed} */
    public boolean isFailing(String model, long nowNanos) {
        return balancer.isFailing(model, nowNanos);
    }

    /** Returns the gate that hands out the cluster's permits, or null if the cluster has no limit. */
    public FairGate gate() {
        return gate;
    }

    /** Returns the number of exchanges that wait for a permit. */
    public int queued() {
        return gate == null ? 0 : gate.queued();
    }

    /** Records the time from the end of a request to the beginning of its response. */
    public void recordResponseTime(long nanos, long nowNanos) {
        responseTimes.add(nanos, nowNanos);
    }

    /**
     * Returns the time within which a given share of the recent responses began.
     *
     * @param quantile the share, 0 to 1
     * @return nanoseconds; -1 if there were too few responses
     */
    public long responseTimeNanos(double quantile, long nowNanos) {
        return responseTimes.quantileNanos(quantile, nowNanos);
    }

    /** Adds an exchange to the retry budget, which is a share of the exchanges. */
    public void countExchange() {
        retries.onExchange();
    }

    /** {@return whether the retry budget allows another attempt, which is then charged to it} */
    public boolean tryRetry() {
        return retries.tryTake();
    }

    /** Returns what is known about each endpoint. */
    public List<EndpointStatus> statuses(long nowNanos) {
        List<EndpointStatus> statuses = new ArrayList<>();
        Map<String, Integer> names = new HashMap<>();
        for (Endpoint endpoint : endpoints) { // several may have the same host and port
            int number = names.merge(endpoint.toString(), 1, Integer::sum);
            statuses.add(endpoint.status(number == 1 ? endpoint.toString() : endpoint + "#" + (number - 1), nowNanos));
        }
        return statuses;
    }

    /** Returns the name. */
    public String name() {
        return config.name();
    }

    /** {@return the way in which requests on a WebSocket are served; never {@link WebSocketMode#AUTO}} */
    public WebSocketMode websocket() {
        return websocket;
    }

    /** Returns whether every body must be sent with Content-Length. */
    public boolean alwaysContentLength() {
        return config.alwaysContentLength();
    }
}
