// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.affinity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.cluster.Slot;
import dev.sluice.engine.config.AffinityConfig;
import dev.sluice.engine.config.AffinityConfig.UnknownIds;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.StoreLoss;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.spi.AffinityStore;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.request.RequestFacts;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The search for owners, with a fake store and without a relay. */
class EndpointAffinityTest {
    private static final DownstreamRequest OF_A_SESSION = new DownstreamRequest("POST", "/v1/responses", "",
            new DefaultHttpHeaders().set("session_id", "s1"), -1, false, new InetSocketAddress(0));
    private static final DownstreamRequest OF_NO_SESSION = new DownstreamRequest("POST", "/v1/responses", "",
            new DefaultHttpHeaders(), -1, false, new InetSocketAddress(0));

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Cluster cluster = new Cluster(ClusterConfig.of("up", EndpointConfig.of("http://127.0.0.1:1/v1", null),
            EndpointConfig.of("http://127.0.0.1:2/v1", null)), 0, null);
    private final Store store = new Store();
    private final EndpointAffinity affinity = affinity(AffinityConfig.DEFAULT, false);

    private EndpointAffinity affinity(AffinityConfig config, boolean isShared) {
        return new EndpointAffinity(store, config, channel.eventLoop(), () -> 7, "alice", isShared,
                () -> store.calls.add("later"));
    }

    /** Whose the object is, among callers that may or may not know of each other. */
    @ParameterizedTest
    @CsvSource({
        // endpoint known for alice, caller stored, unknown ids, refused
        "true, alice, RELAY, false", "true, bob, RELAY, false", // both have used an id that two upstreams gave
        "false, alice, RELAY, false", "false, bob, RELAY, true", "false,, RELAY, false",
        "true, alice, REFUSE, false", "true,, REFUSE, false", "false, bob, REFUSE, true", "false,, REFUSE, true",
    })
    void shouldRefuseAnObjectOfAnotherCaller(boolean isKnown, String caller, UnknownIds unknown, boolean isRefused) {
        AffinityIds ids = new AffinityIds("alice");
        if (isKnown) {
            own(AffinityIds.Kind.RESPONSE, "resp_1", "up|http://127.0.0.1:2/v1");
        }
        store.owners.put(ids.ownerKeyOf(AffinityIds.Kind.RESPONSE, "resp_1"), caller == null ? null
                : AffinityIds.textOfCaller(caller));
        EndpointAffinity shared = affinity(new AffinityConfig(100, Duration.ofHours(1), Duration.ofHours(1), unknown,
                StoreLoss.CONTINUE), true);
        shared.askForPath("/responses/resp_1/input_items");
        shared.planned(cluster);

        if (isRefused) {
            assertEquals(ErrorCode.OWNER_UNKNOWN, assertThrows(RelayException.class, shared::resolve).code());
        } else {
            shared.resolve();
        }
        assertEquals(ids.ownerKeyOf(AffinityIds.Kind.RESPONSE, "x"), new AffinityIds("bob").ownerKeyOf(
                AffinityIds.Kind.RESPONSE, "x"));
        assertNotEquals(ids.keyOf(AffinityIds.Kind.RESPONSE, "x"), new AffinityIds("bob").keyOf(
                AffinityIds.Kind.RESPONSE, "x"));
    }

    /** Without the store a request goes anywhere or is refused, and never with an id that must be known. */
    @ParameterizedTest
    @CsvSource({"CONTINUE, RELAY, true, false", "CONTINUE, RELAY, false, false", "REFUSE, RELAY, true, true",
        "REFUSE, RELAY, false, true", "CONTINUE, REFUSE, true, true", "CONTINUE, REFUSE, false, false"})
    void shouldDecideWithoutTheStore(StoreLoss onLoss, UnknownIds unknown, boolean isHard, boolean isRefused) {
        for (boolean isLate : new boolean[] {true, false}) {
            store.isLate = isLate;
            store.isBroken = !isLate;
            EndpointAffinity lost = affinity(new AffinityConfig(100, Duration.ofHours(1), Duration.ofHours(1), unknown,
                    onLoss), true);
            if (isHard) {
                lost.askForPath("/responses/resp_1");
                lost.planned(cluster);
            } else {
                lost.ask(RequestFacts.none(), OF_A_SESSION, cluster);
            }
            lost.giveUpWaiting();

            if (isRefused) {
                RelayException refusal = assertThrows(RelayException.class, lost::resolve);
                assertEquals(ErrorCode.STORE_UNAVAILABLE, refusal.code());
                assertEquals(1, refusal.retryAfterSeconds());
            } else {
                lost.resolve();
            }
        }
    }

    /** Answers at once, or keeps the questions until the test answers them. */
    private static final class Store implements AffinityStore {
        private final Map<String, String> owners = new HashMap<>();
        private final List<Answer> pending = new ArrayList<>();
        private final List<String> calls = new ArrayList<>();
        private boolean isLate;
        private boolean isBroken;

        @Override
        public void find(List<String> keys, Answer answer) {
            if (isBroken) {
                throw new IllegalStateException("the store is down");
            }
            calls.add("find " + keys.size());
            if (isLate) {
                pending.add(answer);
            } else {
                answer.found(Arrays.asList(keys.stream().map(owners::get).toArray(String[]::new)));
            }
        }

        @Override
        public void put(String key, String endpoint, Duration ttl) {
            owners.put(key, endpoint);
            calls.add("put " + key.charAt(0) + ' ' + ttl);
        }
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private String choose() {
        try (Slot slot = affinity.choose("m", Set.of(), 7)) {
            return slot.endpoint().id();
        }
    }

    private void own(AffinityIds.Kind kind, String id, String owner) {
        store.owners.put(new AffinityIds("alice").keyOf(kind, id), owner);
    }

    @Test
    void shouldGoToTheOwnerOfAStoredResponseAndNowhereElse() {
        own(AffinityIds.Kind.RESPONSE, "resp_1", "up|http://127.0.0.1:2/v1");

        assertTrue(affinity.askForPath("/responses/resp_1/cancel"));
        assertEquals("up", affinity.owningCluster());
        affinity.planned(cluster);
        affinity.resolve();

        assertTrue(affinity.isHard());
        for (int i = 0; i < 4; i++) {
            assertEquals("up|http://127.0.0.1:2/v1", choose());
        }
    }

    @Test
    void shouldRefuseARequestWhoseOwnerIsNoLongerConfigured() {
        own(AffinityIds.Kind.CONVERSATION, "conv_1", "up|http://127.0.0.1:9/v1");
        affinity.askForPath("/conversations/conv_1");
        affinity.planned(cluster);

        assertEquals(ErrorCode.OWNER_GONE, assertThrows(RelayException.class, affinity::resolve).code());
    }

    @Test
    void shouldPreferTheEndpointOfTheSession() {
        own(AffinityIds.Kind.SESSION, "s1", "up|http://127.0.0.1:2/v1");

        assertTrue(affinity.ask(RequestFacts.none(), OF_A_SESSION, cluster));
        affinity.resolve();

        assertFalse(affinity.isHard());
        assertEquals("up|http://127.0.0.1:2/v1", choose());
        try (Slot slot = affinity.choose("m", Set.of(cluster.endpoint("up|http://127.0.0.1:2/v1")), 7)) {
            assertEquals("up|http://127.0.0.1:1/v1", slot.endpoint().id()); // it has failed there
        }
    }

    @Test
    void shouldNotAskWithoutAnId() {
        assertTrue(affinity.ask(RequestFacts.none(), OF_NO_SESSION, cluster));
        assertTrue(affinity.askForPath("/models"));

        assertEquals(List.of(), store.calls);
        assertNull(affinity.owningCluster());
    }

    @Test
    void shouldContinueWhenALateAnswerArrives() {
        store.isLate = true;

        assertFalse(affinity.ask(RequestFacts.none(), OF_A_SESSION, cluster));
        assertEquals(7, affinity.askedNanos());
        store.pending.get(0).found(List.of("up|http://127.0.0.1:2/v1"));

        assertEquals(List.of("find 1", "later"), store.calls);
        assertEquals(EndpointAffinity.NOT_ASKED, affinity.askedNanos());
        affinity.resolve();
        assertEquals("up|http://127.0.0.1:2/v1", choose());
    }

    @Test
    void shouldIgnoreAnAnswerAfterItGaveUp() {
        store.isLate = true;
        affinity.ask(RequestFacts.none(), OF_A_SESSION, cluster);

        affinity.giveUpWaiting();
        store.pending.get(0).found(List.of("up|http://127.0.0.1:9/v1"));
        affinity.giveUpWaiting();
        affinity.resolve();

        assertEquals(List.of("find 1", "later"), store.calls);
        assertNotNull(choose());
    }

    @Test
    void shouldGoAnywhereWhenTheStoreFails() {
        store.isBroken = true;

        assertTrue(affinity.ask(RequestFacts.none(), OF_A_SESSION, cluster));
        affinity.resolve();
        assertNotNull(choose());
    }

    @Test
    void shouldStoreTheOwnersThatAnExchangeReveals() {
        affinity.ask(RequestFacts.none(), OF_A_SESSION, cluster);
        store.calls.clear();

        affinity.onAccepted(cluster.endpoint("up|http://127.0.0.1:1/v1"),
                new DefaultHttpHeaders().set("x-codex-turn-state", "t1"));

        assertEquals(List.of("put s " + AffinityConfig.DEFAULT.sessionTtl(), "put t "
                + AffinityConfig.DEFAULT.sessionTtl()), store.calls);
        assertEquals("up|http://127.0.0.1:1/v1", store.owners.get(new AffinityIds("alice").keyOf(AffinityIds.Kind.TURN,
                "t1")));
    }
}
