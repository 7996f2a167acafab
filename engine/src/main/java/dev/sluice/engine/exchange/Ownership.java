// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.affinity.AffinityKeys;
import dev.sluice.engine.affinity.AffinityKeys.Key;
import dev.sluice.engine.affinity.AffinityKeys.Kind;
import dev.sluice.engine.plan.Face;
import dev.sluice.engine.spi.AffinityStore;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestHead;
import dev.sluice.engine.upstream.Cluster;
import dev.sluice.engine.upstream.Endpoint;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.request.RequestFacts;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which endpoint an exchange belongs to. A hard owner is the only one that will do; a soft one is taken as long as it
 * is well and not loaded. What the exchange shows of its owner is remembered for those that follow.
 *
 * <p><b>Threading:</b> confined to the exchange's loop.
 */
final class Ownership {
    private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);
    /** A store that does not answer must not hold up whom it was to speed up. */
    private static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final RelayCore core;
    private final Setup setup;
    private final LoopContext loop;
    private final AffinityKeys keys;
    private final String principal;
    private final Runnable whenLater;
    private Cluster cluster;
    private State state = State.NOT_ASKED;
    private boolean isAsking;
    private long askedNanos;
    private List<String> owners = List.of();
    private Endpoint hard;
    private Endpoint soft;
    private boolean isIdKnown;

    /**
     * @param whenLater runs on the loop where the answer does not come at once
     */
    Ownership(RelayCore core, Setup setup, LoopContext loop, Principal principal, Runnable whenLater) {
        this.core = core;
        this.setup = setup;
        this.loop = loop;
        this.whenLater = whenLater;
        this.principal = principal.name();
        keys = new AffinityKeys(principal.name());
    }

    /** Asks for the owner of what a path names; returns whether the answer is there. */
    boolean askForPath(String path) {
        if (state == State.NOT_ASKED) {
            keys.addPath(path);
            ask();
        }
        return state == State.ANSWERED;
    }

    /** Asks for the owner of a request whose facts are all there; returns whether the answer is there. */
    boolean ask(RequestFacts facts, RequestHead head, Cluster of) {
        if (state == State.NOT_ASKED) {
            cluster = of;
            keys.addAll(facts, head);
            if (of.hasOthers()) {
                ask();
            } else {
                state = State.ANSWERED;
            }
        }
        return state == State.ANSWERED;
    }

    private void ask() {
        if (keys.keys().isEmpty()) {
            state = State.ANSWERED;
            return;
        }
        state = State.ASKED;
        askedNanos = loop.ticker().nanoTime();
        isAsking = true;
        try {
            core.affinity().find(keys.keys().stream().map(Key::text).toList(), this::onFound);
        } catch (RuntimeException e) {
            LOG.error("the affinity store failed; the request goes to any endpoint", e);
            state = State.ANSWERED;
        }
        isAsking = false;
    }

    /** Called by the store, on whatever thread. */
    private void onFound(List<String> endpoints) {
        if (loop.eventLoop().inEventLoop()) {
            onAnswer(endpoints);
        } else {
            loop.eventLoop().execute(() -> onAnswer(endpoints));
        }
    }

    /** Gives up on a store that does not answer. */
    void onTick(long nowNanos) {
        if (state == State.ASKED && nowNanos - askedNanos > MAX_WAIT_NANOS) {
            state = State.ANSWERED;
            whenLater.run();
        }
    }

    private void onAnswer(List<String> found) {
        if (state != State.ASKED) {
            return; // the time was over, or it has answered before
        }
        state = State.ANSWERED;
        owners = found;
        if (!isAsking) {
            whenLater.run();
        }
    }

    /** Returns the name of the cluster that owns what the path names, or null where that is not known. */
    String owningCluster() {
        String owner = owners.isEmpty() ? null : owners.get(0);
        return owner == null ? null : owner.substring(0, Math.max(0, owner.indexOf('|')));
    }

    /** Fixes the cluster of what a path names. */
    void planned(Cluster of) {
        cluster = of;
    }

    /**
     * Finds the owners among the endpoints of the cluster.
     *
     * @throws RelayException where the only one that would do is no endpoint any more
     */
    void resolve() {
        for (int i = 0; i < Math.min(owners.size(), keys.keys().size()) && hard == null; i++) {
            String owner = owners.get(i);
            if (owner == null || !owner.startsWith(cluster.name() + '|')) {
                continue; // another cluster's: this request is not for it
            }
            Key key = keys.keys().get(i);
            Endpoint endpoint = cluster.endpoint(owner);
            if (key.kind().isHard()) {
                if (endpoint == null) {
                    throw new RelayException(ErrorCode.OWNER_GONE, paramOf(key), key.field()
                            + ": its endpoint is not configured any more (expected: one that is still known)");
                }
                hard = endpoint;
            } else if (soft == null) {
                soft = endpoint;
            }
        }
    }

    private static String paramOf(Key key) {
        return key.field().equals("path") ? null : key.field();
    }

    /**
     * Chooses an endpoint, and counts the attempt there.
     *
     * @param before where an attempt was made; may be null
     * @return null where there is no room
     * @throws RelayException where only one will do and it is left out for its failures
     */
    Endpoint choose(Endpoint before, long nowNanos) {
        if (hard != null) {
            if (cluster.isLeftOut(hard, nowNanos)) {
                Key key = keys.keys().stream().filter(each -> each.kind().isHard()).findFirst().orElseThrow();
                throw new RelayException(ErrorCode.OWNER_UNAVAILABLE, paramOf(key), key.field()
                        + ": its endpoint fails and is left out for a while (expected: one whose endpoint is well)");
            }
            return cluster.tryChoose(hard) ? hard : null;
        }
        if (soft != null && soft != before && cluster.tryChooseWelcome(soft, nowNanos)) {
            return soft;
        }
        return cluster.choose(before, keys.stableHash(), nowNanos);
    }

    /** Returns whether the owner of what the body names was asked for, with or without an answer. */
    boolean hasAsked() {
        return state != State.NOT_ASKED && cluster != null;
    }

    /** Returns whether a hard key has come after the owner was asked for. */
    boolean isMissed(RequestFacts facts, RequestHead head) {
        AffinityKeys all = new AffinityKeys(principal);
        all.addAll(facts, head);
        return cluster.hasOthers() && all.hardCount() > keys.hardCount();
    }

    /**
     * Returns the refusal of such a request: it may be under way to the wrong endpoint.
     *
     * @param isTooLarge whether its body is longer than is ever held
     */
    RelayException tooLate(boolean isTooLarge) {
        return isTooLarge ? RelayException.of(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, "body: too long to be held until"
                + " previous_response_id or conversation has come (expected: them earlier, or a smaller body)")
                : RelayException.of(ErrorCode.RELAY_OVERLOADED,
                        "The relay holds too many request bodies to wait for what names their owners");
    }

    /** Returns whether no other endpoint will do. */
    boolean isHard() {
        return hard != null;
    }

    /** An endpoint has taken the request: what follows of the same session belongs there. */
    void onAccepted(Endpoint endpoint, HttpHeaders headers) {
        AffinityStore store = core.affinity();
        String turn = headers.get(AffinityKeys.TURN_STATE);
        if (cluster.hasOthers()) {
            for (Key key : keys.keys()) {
                boolean isByHash = cluster.isByHash() && (key.kind() == Kind.SESSION || key.kind() == Kind.CACHE);
                if (!key.kind().isHard() && !isByHash) {
                    store.put(key.text(), endpoint.id(), setup.affinityConfig().sessionTtl());
                }
            }
            if (turn != null) {
                store.put(keys.keyOf(Kind.TURN, turn), endpoint.id(), setup.affinityConfig().sessionTtl());
            }
        }
        for (Key key : keys.keys()) {
            if (key.kind() == Kind.CONVERSATION) {
                store.put(key.text(), endpoint.id(), setup.affinityConfig().idTtl());
            }
        }
    }

    /** The answer has told its id: whatever goes on from it belongs there. */
    void onId(Face face, String id, Endpoint endpoint) {
        if (isIdKnown) {
            return;
        }
        isIdKnown = true;
        boolean isNewConversation = face.kind() == Face.Kind.STORED && face.path().equals("/conversations");
        if (isNewConversation || face.kind() == Face.Kind.RESPONSES) {
            core.affinity().put(keys.keyOf(isNewConversation ? Kind.CONVERSATION : Kind.RESPONSE, id), endpoint.id(),
                    setup.affinityConfig().idTtl());
        }
    }

    private enum State {
        NOT_ASKED,
        ASKED,
        ANSWERED
    }
}
