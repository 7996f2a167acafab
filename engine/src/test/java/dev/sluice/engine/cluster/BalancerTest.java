// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HealthConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BalancerTest {
    private static final HealthConfig HEALTH = new HealthConfig(3, Duration.ofSeconds(5), Duration.ofSeconds(60), 50);
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private static Endpoint endpoint(int weight, int priority, int maxInFlight) {
        return new Endpoint(EndpointConfig.of("http://127.0.0.1:1/v1", null).withPlace(weight, priority, maxInFlight),
                "c", null, HEALTH);
    }

    private static Endpoint[] endpoints(int count) {
        return IntStream.range(0, count).mapToObj(i -> endpoint(1, 0, 0)).toArray(Endpoint[]::new);
    }

    private static void eject(Endpoint endpoint, long nowNanos) {
        for (int i = 0; i < 3; i++) {
            endpoint.recordFailure(nowNanos);
        }
    }

    private static int[] draw(Balancer balancer, Endpoint[] endpoints, int times, Endpoint avoid, long nowNanos) {
        int[] drawn = new int[endpoints.length];
        for (int i = 0; i < times; i++) {
            Endpoint chosen = balancer.choose("m", avoid == null ? Set.of() : Set.of(avoid), 0, nowNanos);
            for (int j = 0; j < endpoints.length; j++) {
                drawn[j] += chosen == endpoints[j] ? 1 : 0;
            }
        }
        return drawn;
    }

    @Test
    void shouldTakeTurns() {
        Endpoint[] all = endpoints(3);
        int[] drawn = draw(new Balancer(Balance.ROUND_ROBIN, all, 50), all, 300, null, 0);
        assertEquals(100, drawn[0]);
        assertEquals(100, drawn[1]);
    }

    @Test
    void shouldPreferWhoHasFewerInFlight() {
        Endpoint[] all = endpoints(2);
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            slots.add(all[0].tryAcquire("m"));
        }
        Balancer balancer = new Balancer(Balance.LEAST_INFLIGHT, all, 50);
        assertEquals(100, draw(balancer, all, 100, null, 0)[1]);
        slots.forEach(Slot::close);
        all[1].tryAcquire("m");
        assertEquals(100, draw(balancer, all, 100, null, 0)[0]);
    }

    /** An endpoint with more requests in flight gets fewer new ones, so that the load evens out. */
    @Test
    void shouldSpreadEvenlyOverMany() {
        Endpoint[] all = endpoints(10);
        Balancer balancer = new Balancer(Balance.LEAST_INFLIGHT, all, 50);
        for (int i = 0; i < 1000; i++) {
            balancer.choose("m", Set.of(), 0, 0).tryAcquire("m");
        }
        for (Endpoint endpoint : all) {
            int inFlight = endpoint.health().inFlight();
            assertTrue(inFlight > 85 && inFlight < 115, "in flight: " + inFlight);
        }
    }

    @Test
    void shouldDrawByWeight() {
        Endpoint[] all = {endpoint(1, 0, 0), endpoint(9, 0, 0)};
        int[] drawn = draw(new Balancer(Balance.WEIGHTED, all, 50), all, 10_000, null, 0);
        assertTrue(drawn[0] > 800 && drawn[0] < 1200, "drawn: " + drawn[0]);
    }

    @Test
    void shouldFillTheFirstPriorityAndSpillOver() {
        Endpoint[] all = {endpoint(1, 1, 0), endpoint(1, 0, 2), endpoint(1, 0, 2)};
        Balancer balancer = new Balancer(Balance.PRIORITY, all, 50);
        for (int i = 0; i < 4; i++) {
            Endpoint chosen = balancer.choose("m", Set.of(), 0, 0);
            assertNotSame(all[0], chosen);
            chosen.tryAcquire("m");
        }
        assertSame(all[0], balancer.choose("m", Set.of(), 0, 0));
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void shouldLeaveOutWhoeverFails(Balance policy) {
        Endpoint[] all = endpoints(3);
        Balancer balancer = new Balancer(policy, all, 50);
        eject(all[1], 0);
        assertEquals(0, draw(balancer, all, 200, null, SECOND)[1]);
        all[2].restFor(0, 3 * SECOND); // who asks to be left alone has not failed: no panic
        assertEquals(200, draw(balancer, all, 200, null, SECOND)[0]);
        eject(all[0], 0); // one of three is left: panic tries failed endpoints, but not the cooling one
        assertTrue(draw(balancer, all, 200, null, SECOND)[1] > 0);
        assertEquals(0, draw(balancer, all, 200, null, SECOND)[2]);
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void shouldAskEachEndpointOnce(Balance policy) {
        Endpoint[] all = endpoints(2);
        Balancer balancer = new Balancer(policy, all, 50);
        assertEquals(0, draw(balancer, all, 100, all[0], 0)[0]);
        eject(all[1], 0);
        assertSame(all[1], balancer.choose("m", Set.of(all[0]), 0, SECOND)); // no other one is left
        assertNull(balancer.choose("m", Set.of(all), 0, SECOND));
    }

    /** A rest of one model leaves the others alone, and after it one request goes there first. */
    @ParameterizedTest
    @EnumSource(Balance.class)
    void shouldRestOneModel(Balance policy) {
        Endpoint[] all = endpoints(2);
        Balancer balancer = new Balancer(policy, all, 50);
        all[0].rest(RestPolicy.Cause.RATE_LIMIT, "m", 0, 0);
        all[0].rest(RestPolicy.Cause.MODEL_MISSING, "other", 5 * SECOND, 0);

        assertEquals(0, draw(balancer, all, 100, null, SECOND / 2)[0]);
        assertSame(all[0], balancer.choose("unlimited", Set.of(all[1]), 0, SECOND / 2));
        assertTrue(all[0].isReady(null, SECOND / 2));
        assertEquals(0, IntStream.range(0, 50).filter(i -> balancer.choose("other", Set.of(), 0, 2 * SECOND) == all[0])
                .count());

        assertTrue(all[0].isReady("m", 2 * SECOND));
        Slot probe = all[0].tryAcquire("m");
        assertEquals(0, draw(balancer, all, 100, null, 2 * SECOND)[0]); // the others wait for its result
        all[0].recordServed("m", 2 * SECOND, 2 * SECOND);
        assertTrue(all[0].isReady("m", 2 * SECOND));
        probe.close();
    }

    /** If all rest, the one that is ready first is asked. */
    @ParameterizedTest
    @EnumSource(Balance.class)
    void shouldChooseWhoeverIsReadyFirst(Balance policy) {
        Endpoint[] all = endpoints(3);
        Balancer balancer = new Balancer(policy, all, 50);
        all[0].rest(RestPolicy.Cause.RATE_LIMIT, "m", 3 * SECOND, 0);
        all[1].rest(RestPolicy.Cause.RATE_LIMIT, "m", 2 * SECOND, 0);
        all[2].rest(RestPolicy.Cause.CREDENTIALS, "m", 0, 0);

        assertEquals(100, draw(balancer, all, 100, null, SECOND)[1]);
        assertSame(all[0], balancer.choose("m", Set.of(all[1]), 0, SECOND));
        assertSame(all[2], balancer.choose("m", Set.of(all[0], all[1]), 0, SECOND));
    }

    @Test
    void shouldFailWhereMoreThanHalfAreOut() {
        Endpoint[] all = endpoints(3);
        Balancer balancer = new Balancer(Balance.ROUND_ROBIN, all, 50);
        all[0].rest(RestPolicy.Cause.RATE_LIMIT, "m", 0, 0);
        assertFalse(balancer.isFailing("m", 1));
        eject(all[1], 0);
        assertTrue(balancer.isFailing("m", 1));
        assertFalse(balancer.isFailing("another", 1));
        assertTrue(balancer.hasReady("m", Set.of(), all[0], 1));
        assertFalse(balancer.hasReady("m", Set.of(all[2]), all[0], 1));
        assertTrue(balancer.hasUnasked(Set.of(all[2]), all[0]));
        assertFalse(balancer.hasUnasked(Set.of(all[2], all[1]), all[0]));
    }

    /** Callers name models; a flood of names must neither fill the memory nor hide a limit. */
    @Test
    void shouldBoundTheModelsThatRest() {
        Endpoint endpoint = endpoints(1)[0];
        for (int i = 0; i < 5_000; i++) {
            endpoint.rest(RestPolicy.Cause.MODEL_MISSING, "m" + i, SECOND, 0);
        }
        assertFalse(endpoint.isReady("m4999", 1));
        assertTrue(endpoint.isReady("m1", 1)); // forgotten, to make room
        endpoint.rest(RestPolicy.Cause.RATE_LIMIT, "limited", SECOND, 1);
        assertFalse(endpoint.isReady("limited", 2));
        endpoint.rest(RestPolicy.Cause.RATE_LIMIT, "later", SECOND, 5 * SECOND);
        assertFalse(endpoint.isReady("later", 5 * SECOND + 1));
        assertTrue(endpoint.isReady("another", 5 * SECOND + 1)); // the earlier rests made room
    }

    @Test
    void shouldChooseNobodyWhereAllAreFull() {
        Endpoint[] all = {endpoint(1, 0, 1), endpoint(1, 0, 1)};
        Balancer balancer = new Balancer(Balance.LEAST_INFLIGHT, all, 50);
        all[0].tryAcquire("m");
        Slot slot = all[1].tryAcquire("m");
        assertNull(balancer.choose("m", Set.of(), 0, 0));
        assertNull(all[1].tryAcquire("m"));
        slot.close();
        slot.close(); // counts once
        assertSame(all[1], balancer.choose("m", Set.of(), 0, 0));
    }

    /**
     * After the ejection time one probe is sent: if it succeeds, the endpoint is back, otherwise it is ejected for
     * longer.
     */
    @Test
    void shouldProbeBeforeAnEndpointIsBack() {
        Endpoint endpoint = endpoint(1, 0, 0);
        eject(endpoint, 0);
        assertEquals("ejected", endpoint.health().state(4 * SECOND));
        assertTrue(endpoint.health().isAvailable("m", 6 * SECOND));
        assertEquals("half_open", endpoint.health().state(6 * SECOND));
        Slot probe = endpoint.tryAcquire("m");
        assertTrue(!endpoint.health().isAvailable("m", 6 * SECOND)); // one at a time
        endpoint.recordFailure(6 * SECOND);
        probe.close();
        assertEquals("ejected", endpoint.health().state(15 * SECOND)); // twice as long
        assertTrue(endpoint.health().isAvailable("m", 18 * SECOND));
        probe = endpoint.tryAcquire("m");
        endpoint.recordSuccess(SECOND);
        probe.close();
        assertEquals("available", endpoint.health().state(18 * SECOND));
    }

    @Test
    void shouldBoundRetriesByExchanges() {
        RetryBudget budget = new RetryBudget();
        int atOnce = 0;
        while (budget.tryTake()) {
            atOnce++;
        }
        assertEquals(10, atOnce);
        for (int i = 0; i < 25; i++) {
            budget.onExchange();
        }
        int later = 0;
        while (budget.tryTake()) {
            later++;
        }
        assertEquals(5, later);
    }

    /** Sessions stay on their endpoints; when an endpoint is ejected, only its own share of sessions moves. */
    @Test
    void shouldMoveOnlyTheShareOfWhoeverGoes() {
        Endpoint[] all = IntStream.range(0, 5).mapToObj(i -> new Endpoint(EndpointConfig.of("http://10.0.0." + i
                + "/v1", null).withPlace(i == 4 ? 2 : 1, 0, 0), "c", null, HEALTH))
                .toArray(Endpoint[]::new);
        Balancer balancer = new Balancer(Balance.RENDEZVOUS, all, 50);
        Endpoint[] before = new Endpoint[6000];
        int[] shares = new int[all.length];
        for (int i = 0; i < before.length; i++) {
            before[i] = balancer.choose("m", Set.of(), Balancer.mix(i + 1), 0);
            assertSame(before[i], balancer.choose("m", Set.of(), Balancer.mix(i + 1), 0));
            shares[List.of(all).indexOf(before[i])]++;
        }
        for (int i = 0; i < 4; i++) {
            assertTrue(shares[i] > 850 && shares[i] < 1150, "share: " + shares[i]);
        }
        assertTrue(shares[4] > 1800 && shares[4] < 2200, "share of twice the weight: " + shares[4]);

        eject(all[1], 0);
        for (int i = 0; i < before.length; i++) {
            Endpoint now = balancer.choose("m", Set.of(), Balancer.mix(i + 1), 1);
            assertTrue(before[i] == all[1] ? now != all[1] : now == before[i]);
        }
    }

    /** An owner with more than twice its share of the load gets no new requests of its sessions. */
    @Test
    void shouldNotPileUpOnAnOwner() {
        Endpoint[] all = endpoints(4);
        Balancer balancer = new Balancer(Balance.RENDEZVOUS, all, 50);
        for (int i = 0; i < 400; i++) {
            balancer.choose("m", Set.of(), 7, 0).tryAcquire("m");
        }
        for (Endpoint endpoint : all) {
            assertTrue(endpoint.health().inFlight() <= 201, "in flight: " + endpoint.health().inFlight());
        }
    }

    /** An endpoint whose failures are never consecutive but too frequent is ejected. */
    @Test
    void shouldLeaveOutWhoeverFailsTooOften() {
        Endpoint endpoint = new Endpoint(EndpointConfig.of("http://127.0.0.1:1/v1", null), "c", null,
                new HealthConfig(1000, 50, 20, Duration.ofSeconds(5), Duration.ofSeconds(60), Duration.ofHours(24), 50,
                        null));
        for (int i = 0; i < 100; i++) {
            endpoint.recordSuccess(0);
            if (i % 2 == 0) {
                endpoint.recordFailure(0);
            }
        }
        assertEquals("available", endpoint.health().state(1)); // 50 of 150
        long later = Duration.ofSeconds(30).toNanos(); // earlier results no longer count
        for (int i = 0; i < 9; i++) {
            endpoint.recordSuccess(later);
            endpoint.recordFailure(later);
        }
        assertEquals("available", endpoint.health().state(later + 1)); // too few to tell
        endpoint.recordSuccess(later);
        endpoint.recordFailure(later);
        assertEquals("ejected", endpoint.health().state(later + 1));
    }
}
