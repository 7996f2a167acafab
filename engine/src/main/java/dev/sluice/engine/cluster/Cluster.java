// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import dev.sluice.engine.admission.FairGate;
import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.tls.ClientTls;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A named set of endpoints. Shared by all loops. */
public final class Cluster {
    private static final int MIN_ATTEMPTS = 2;
    private static final int MAX_ATTEMPTS = 4;

    private final ClusterConfig config;
    private final Endpoint[] endpoints;
    private final ClientTls tls;
    private final Balancer balancer;
    private final FairGate gate;
    private final RetryBudget retries;
    private final ResponseTimes responseTimes;

    /**
     * Creates a cluster.
     *
     * @param maxQueued how many exchanges may wait where it has a limit
     * @param before    what it was in an earlier configuration: endpoints that are the same now keep their health and
     *                  their connections. Null for nothing
     * @throws IllegalArgumentException where its authorities or its certificate cannot be used
     */
    public Cluster(ClusterConfig config, int maxQueued, Cluster before) {
        this.config = config;
        boolean isTlsNeeded = config.endpoints().stream().anyMatch(EndpointConfig::isTls);
        boolean isTlsKept = before != null && before.tls != null && Objects.equals(config.caFile(),
                before.config.caFile()) && Objects.equals(config.certificate(), before.config.certificate());
        tls = !isTlsNeeded ? null : isTlsKept ? before.tls
                : new ClientTls("cluster " + config.name(), config.caFile(), config.certificate());
        List<Endpoint> known = new ArrayList<>(before == null || !before.config.health().equals(config.health())
                ? List.of() : before.endpoints());
        Endpoint[] same = new Endpoint[config.endpoints().size()];
        for (int i = 0; i < same.length; i++) { // first those that are the same, so that no other takes their condition
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

    /** Returns what was there if it is the same; otherwise a new one, with the condition of what was at its address. */
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

    /** The configuration is the one that counts from now on: what it shares with an earlier one goes by it. */
    public void takeOver(int maxQueued) {
        if (gate != null) {
            gate.setLimits(config.maxInFlight(), maxQueued);
        }
    }

    /** Returns its endpoints. */
    public List<Endpoint> endpoints() {
        return List.of(endpoints);
    }

    /** Follows the files of its TLS and of its endpoints' keys; not on a loop that relays. */
    public void refreshFiles() {
        if (tls != null) {
            tls.refresh();
        }
        for (Endpoint endpoint : endpoints) {
            endpoint.refreshKey();
        }
    }

    /**
     * Chooses the endpoint for the next attempt and takes a slot there.
     *
     * @param avoid chosen only where there is no other; may be null
     * @param hash  a number that requests of one session have in common; 0 for none
     * @param nowNanos the clock's time
     * @return the slot, to be closed when the attempt is over, or null where all endpoints are full
     */
    public Slot choose(Endpoint avoid, long hash, long nowNanos) {
        for (int i = 0; i <= endpoints.length; i++) {
            Endpoint chosen = balancer.choose(avoid, hash, nowNanos);
            Slot slot = chosen == null ? null : chosen.tryAcquire();
            if (slot != null || chosen == null) {
                return slot;
            }
        }
        return null; // another loop took the last slot, each time
    }

    /**
     * Takes a slot at a preferred endpoint, if that is healthy and has no more than twice its share of the load.
     *
     * @return the slot, or null where another endpoint should be used
     */
    public Slot tryAcquireIfWelcome(Endpoint preferred, long nowNanos) {
        return balancer.isWelcome(preferred, nowNanos) ? preferred.tryAcquire() : null;
    }

    /**
     * Takes a slot at the only endpoint that can serve a request.
     *
     * @return the slot, or null where the endpoint is full
     */
    public Slot tryAcquire(Endpoint owner) {
        return owner.tryAcquire();
    }

    /** Returns whether a hash says where a session belongs, so that nobody has to remember it. */
    public boolean isByHash() {
        return config.balance() == Balance.RENDEZVOUS;
    }

    /** Returns the endpoint of this id, or null where it is none of this cluster now. */
    public Endpoint endpoint(String id) {
        for (Endpoint endpoint : endpoints) {
            if (endpoint.id().equals(id)) {
                return endpoint;
            }
        }
        return null;
    }

    /** Returns whether there is more than one endpoint. */
    public boolean hasOthers() {
        return endpoints.length > 1;
    }

    /** Returns how many attempts an exchange may make: there may be as many endpoints to fail. */
    public int maxAttempts() {
        return Math.max(MIN_ATTEMPTS, Math.min(endpoints.length, MAX_ATTEMPTS));
    }

    /** Returns what lets exchanges in, or null where it has no limit. */
    public FairGate gate() {
        return gate;
    }

    /** Returns how many exchanges wait for it. */
    public int queued() {
        return gate == null ? 0 : gate.queued();
    }

    /** Returns how long its answers took to begin. */
    public ResponseTimes responseTimes() {
        return responseTimes;
    }

    /** Returns its retries' budget. */
    public RetryBudget retries() {
        return retries;
    }

    /** Tells of each endpoint how it is. */
    public void describe(long nowNanos, EndpointReport report) {
        for (Endpoint endpoint : endpoints) {
            report.add(name(), endpoint.toString(), endpoint.health().state(nowNanos), endpoint.health().inFlight());
        }
    }

    /** Is told how an endpoint is. */
    public interface EndpointReport {
        /** State is one of available, cooling, ejected and half_open. */
        void add(String cluster, String endpoint, String state, int inFlight);
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
