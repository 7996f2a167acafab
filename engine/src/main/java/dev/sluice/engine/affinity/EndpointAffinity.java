// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.affinity;

import dev.sluice.engine.affinity.AffinityIds.Key;
import dev.sluice.engine.affinity.AffinityIds.Kind;
import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.cluster.Slot;
import dev.sluice.engine.config.AffinityConfig;
import dev.sluice.engine.config.AffinityConfig.UnknownIds;
import dev.sluice.engine.config.StoreLoss;
import dev.sluice.engine.plan.ApiOperation;
import dev.sluice.engine.spi.AffinityStore;
import dev.sluice.engine.spi.RequestHead;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.request.RequestFacts;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The search for the endpoint that owns a request. A hard owner is the only endpoint that can serve it; a soft one is
 * preferred as long as it is healthy and not loaded. Ids that the exchange reveals are stored for the requests that
 * follow. An id that belongs to another caller is refused.
 *
 * <p><b>Threading:</b> confined to the exchange's loop.
 */
public final class EndpointAffinity {
    /** The result of {@link #askedNanos} if no answer is awaited. */
    public static final long NOT_ASKED = Long.MIN_VALUE;

    private static final Logger LOG = LoggerFactory.getLogger(EndpointAffinity.class);

    private final AffinityStore store;
    private final AffinityConfig config;
    private final EventExecutor loop;
    private final LongSupplier clock;
    private final AffinityIds ids;
    private final String principal;
    private final String caller; // as it is stored
    private final boolean isShared;
    private final Runnable whenLater;
    private Cluster cluster;
    private State state = State.NOT_ASKED;
    private boolean isAsking;
    private boolean isLost;
    private long askedNanos;
    private List<String> owners = List.of();
    private Endpoint hard;
    private Endpoint soft;
    private boolean isIdStored;

    /**
     * @param store     the store of owners
     * @param config    the lifetimes of stored owners
     * @param loop      the exchange's loop
     * @param clock     nanoseconds since an arbitrary origin
     * @param principal the name of the caller, which separates its ids from those of other callers
     * @param isShared  whether there are several callers, so that an id may belong to another one
     * @param whenLater runs on the loop when an answer of the store arrives after the call that asked for it
     */
    public EndpointAffinity(AffinityStore store, AffinityConfig config, EventExecutor loop, LongSupplier clock,
            String principal, boolean isShared, Runnable whenLater) {
        this.store = store;
        this.config = config;
        this.loop = loop;
        this.clock = clock;
        this.whenLater = whenLater;
        this.principal = principal;
        caller = AffinityIds.textOfCaller(principal);
        this.isShared = isShared;
        ids = new AffinityIds(principal);
    }

    /** Asks for the owner of the object in a path; returns whether the answer has arrived. */
    public boolean askForPath(String path) {
        if (state == State.NOT_ASKED) {
            ids.addPath(path);
            ask();
        }
        return state == State.ANSWERED;
    }

    /** Asks for the owner of a request whose facts are complete; returns whether the answer has arrived. */
    public boolean ask(RequestFacts facts, RequestHead head, Cluster of) {
        if (state == State.NOT_ASKED) {
            cluster = of;
            ids.addAll(facts, head);
            if (matters(of)) {
                ask();
            } else {
                state = State.ANSWERED;
            }
        }
        return state == State.ANSWERED;
    }

    /** {@return whether the ids in a request for a cluster matter: to its endpoints, or because of other callers} */
    public boolean matters(Cluster of) {
        return of.hasOthers() || areOwnersChecked();
    }

    private boolean areOwnersChecked() {
        return isShared || config.unknownIds() == UnknownIds.REFUSE;
    }

    private void ask() {
        if (ids.keys().isEmpty()) {
            state = State.ANSWERED;
            return;
        }
        state = State.ASKED;
        askedNanos = clock.getAsLong();
        isAsking = true;
        try {
            List<String> keys = new ArrayList<>();
            ids.keys().forEach(key -> keys.add(key.text()));
            if (areOwnersChecked()) {
                ids.keys().stream().filter(key -> key.kind().isHard()).forEach(key -> keys.add(key.ownerText()));
            }
            store.find(keys, this::onFound);
        } catch (RuntimeException e) {
            LOG.error("the affinity store failed", e);
            state = State.ANSWERED;
            isLost = true;
        }
        isAsking = false;
    }

    /** Called by the store, on any thread. */
    private void onFound(List<String> endpoints) {
        if (loop.inEventLoop()) {
            onAnswer(endpoints);
        } else {
            loop.execute(() -> onAnswer(endpoints));
        }
    }

    /** {@return the time since which the store's answer is awaited, or {@link #NOT_ASKED}} */
    public long askedNanos() {
        return state == State.ASKED ? askedNanos : NOT_ASKED;
    }

    /** Gives up on a store that does not answer in time; a late answer is ignored. */
    public void giveUpWaiting() {
        if (state == State.ASKED) {
            state = State.ANSWERED;
            isLost = true;
            whenLater.run();
        }
    }

    private void onAnswer(List<String> found) {
        if (state != State.ASKED) {
            return; // the answer is late, or a second one
        }
        state = State.ANSWERED;
        owners = found;
        if (!isAsking) {
            whenLater.run();
        }
    }

    /** {@return the name of the cluster that owns the object in the path, or null if it is unknown} */
    public String owningCluster() {
        String owner = owners.isEmpty() ? null : owners.get(0);
        return owner == null ? null : owner.substring(0, Math.max(0, owner.indexOf('|')));
    }

    /** Sets the cluster of a request that was planned by its path. */
    public void planned(Cluster of) {
        cluster = of;
    }

    /**
     * Finds the owners among the endpoints of the cluster.
     *
     * @throws RelayException if an id belongs to another caller, the hard owner is no longer configured, or the store
     *                        is lost and the request must not go on without it
     */
    public void resolve() {
        checkCaller();
        for (int i = 0; i < Math.min(owners.size(), ids.keys().size()) && hard == null; i++) {
            String owner = owners.get(i);
            if (owner == null || !owner.startsWith(cluster.name() + '|')) {
                continue; // an owner in another cluster cannot serve this request
            }
            Key key = ids.keys().get(i);
            Endpoint endpoint = cluster.endpoint(owner);
            if (key.kind().isHard()) {
                if (endpoint == null) {
                    throw new RelayException(ErrorCode.OWNER_GONE, paramOf(key), key.field()
                            + ": its endpoint is no longer configured (expected: an id of a configured endpoint)");
                }
                hard = endpoint;
            } else if (soft == null) {
                soft = endpoint;
            }
        }
    }

    /** Refuses ids of other callers in the same words as unknown ids, so that an answer does not distinguish them. */
    private void checkCaller() {
        if (ids.tooLong() != null && areOwnersChecked()) {
            throw new RelayException(ErrorCode.OWNER_UNKNOWN, ids.tooLong(), ids.tooLong()
                    + ": over 512 characters (expected: an id of an object of this caller)");
        }
        boolean isRefusingUnknown = config.unknownIds() == UnknownIds.REFUSE;
        if (isLost && (config.onStoreLoss() == StoreLoss.REFUSE || isRefusingUnknown && ids.hardCount() > 0)) {
            throw RelayException.retryLater(ErrorCode.STORE_UNAVAILABLE,
                    "The store of owners did not answer in time", 1);
        }
        int callersFrom = ids.keys().size();
        if (isLost || owners.size() <= callersFrom) {
            return;
        }
        for (int i = 0; i < ids.hardCount(); i++) { // hard keys are the first
            String owner = owners.get(callersFrom + i);
            boolean isMine = owners.get(i) != null || caller.equals(owner);
            if (!isMine && (owner != null || isRefusingUnknown)) {
                Key key = ids.keys().get(i);
                throw new RelayException(ErrorCode.OWNER_UNKNOWN, paramOf(key), key.field()
                        + ": not known (expected: an id of an object of this caller)");
            }
        }
    }

    private static String paramOf(Key key) {
        return key.field().equals("path") ? null : key.field();
    }

    /**
     * Chooses an endpoint and takes a slot there.
     *
     * @param model    the model's name upstream; null if the request has none
     * @param asked    the endpoints that have had their turn
     * @param nowNanos the current time of the clock
     * @return the slot, or null if no endpoint has a free slot
     * @throws RelayException if the hard owner is ejected
     */
    public Slot choose(String model, Set<Endpoint> asked, long nowNanos) {
        if (hard != null) {
            if (hard.isEjected(nowNanos)) {
                Key key = ids.keys().stream().filter(each -> each.kind().isHard()).findFirst().orElseThrow();
                throw new RelayException(ErrorCode.OWNER_UNAVAILABLE, paramOf(key), key.field()
                        + ": its endpoint is ejected after failures (expected: an id of a healthy endpoint)");
            }
            return cluster.tryAcquire(model, hard);
        }
        Slot preferred = soft == null || asked.contains(soft) ? null
                : cluster.tryAcquireIfWelcome(model, soft, nowNanos);
        return preferred != null ? preferred : cluster.choose(model, asked, ids.stableHash(), nowNanos);
    }

    /** {@return whether the store was asked about the ids of the body, even if it has not answered yet} */
    public boolean hasAsked() {
        return state != State.NOT_ASKED && cluster != null;
    }

    /** {@return whether a hard id arrived after the store was asked} */
    public boolean isMissed(RequestFacts facts, RequestHead head) {
        AffinityIds all = new AffinityIds(principal);
        all.addAll(facts, head);
        return matters(cluster)
                && (all.hardCount() > ids.hardCount() || all.tooLong() != null && ids.tooLong() == null);
    }

    /**
     * Returns the refusal of a request whose hard id arrived too late ({@link #isMissed}), so that it may be on its way
     * to the wrong endpoint.
     *
     * @param isTooLarge whether the body is longer than any body that is held
     * @return the refusal
     */
    public RelayException tooLate(boolean isTooLarge) {
        return isTooLarge ? RelayException.of(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, "body: too long to be held until"
                + " previous_response_id or conversation arrives (expected: these earlier, or a smaller body)")
                : RelayException.of(ErrorCode.RELAY_OVERLOADED,
                        "The relay holds too many request bodies to wait for the ids of their owners");
    }

    /** {@return whether no other endpoint can serve the request} */
    public boolean isHard() {
        return hard != null;
    }

    /** Stores the endpoint that accepted the request as the owner of its session, turn and conversation. */
    public void onAccepted(Endpoint endpoint, HttpHeaders headers) {
        String turn = headers.get(AffinityIds.TURN_STATE);
        if (cluster.hasOthers()) {
            for (Key key : ids.keys()) {
                boolean isByHash = cluster.isByHash() && (key.kind() == Kind.SESSION || key.kind() == Kind.CACHE);
                if (!key.kind().isHard() && !isByHash) {
                    store.put(key.text(), endpoint.id(), config.sessionTtl());
                }
            }
            if (turn != null) {
                store.put(ids.keyOf(Kind.TURN, turn), endpoint.id(), config.sessionTtl());
            }
        }
        for (Key key : ids.keys()) {
            if (key.kind() == Kind.CONVERSATION) {
                store.put(key.text(), endpoint.id(), config.idTtl());
            }
        }
    }

    /**
     * Stores the endpoint as the owner of the response's id; only the first id counts.
     *
     * @param operation the operation that was called
     * @param id        the response's id, or that of a new conversation
     * @param endpoint  the endpoint that answered
     */
    public void onId(ApiOperation operation, String id, Endpoint endpoint) {
        if (isIdStored) {
            return;
        }
        isIdStored = true;
        boolean isNewConversation = operation.kind() == ApiOperation.Kind.STORED
                && operation.path().equals("/conversations");
        if (isNewConversation || operation.kind() == ApiOperation.Kind.RESPONSES) {
            Kind kind = isNewConversation ? Kind.CONVERSATION : Kind.RESPONSE;
            store.put(ids.keyOf(kind, id), endpoint.id(), config.idTtl());
            if (areOwnersChecked()) {
                store.put(ids.ownerKeyOf(kind, id), caller, config.idTtl());
            }
        }
    }

    private enum State {
        NOT_ASKED,
        ASKED,
        ANSWERED
    }
}
