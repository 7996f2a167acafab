// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.spi.PlannedRequest;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.QuotaRefusal;
import dev.sluice.engine.spi.QuotaStatus;
import dev.sluice.engine.spi.RequestQuota;
import dev.sluice.engine.spi.Settlement;
import dev.sluice.protocol.event.Usage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryQuotaTest {
    private static final RouteConfig FREE = RouteConfig.of("gpt-*", "up");

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1000); // the clock may overflow
    private final MemoryQuota quota = new MemoryQuota(now::get);
    private final List<RequestQuota.Permit> permits = new ArrayList<>();

    private static Principal caller(int inFlight, int requests, long tokens) {
        return Principal.of("alice").withLimits(new UsageLimits(inFlight, requests, tokens));
    }

    /** Returns the refusal, or null if the request was admitted; its permit is then the last one. */
    private QuotaRefusal ask(Consumer<RequestQuota.Answer> question) {
        QuotaRefusal[] refused = new QuotaRefusal[1];
        question.accept(new RequestQuota.Answer() {
            @Override
            public void grant(RequestQuota.Permit permit) {
                permits.add(permit);
            }

            @Override
            public void refuse(QuotaRefusal refusal) {
                refused[0] = refusal;
            }

            @Override
            public void lose() {
                throw new AssertionError("memory is never lost");
            }
        });
        return refused[0];
    }

    private QuotaRefusal ask(Principal caller) {
        return ask(answer -> quota.admit(caller, answer));
    }

    private QuotaRefusal plan(Principal caller, RouteConfig route, long tokens) {
        return ask(answer -> quota.admit(new PlannedRequest(caller, route, "gpt-5", "gpt-5", tokens), answer));
    }

    private RequestQuota.Permit last() {
        return permits.get(permits.size() - 1);
    }

    private static Settlement used(long tokens) {
        return new Settlement("gpt-5", null, new Usage(tokens, 0, 0, 0, tokens, false));
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void shouldCountWhatIsInFlight() {
        Principal caller = caller(2, 0, 0);
        assertNull(ask(caller));
        assertNull(ask(caller));
        assertEquals(1, ask(caller).retryAfter().toSeconds());
        last().settle(used(5));
        assertNull(ask(caller));
        last().release();
        assertNull(ask(caller));
    }

    @Test
    void shouldCountRequestsAMinute() {
        Principal caller = caller(0, 60, 0);
        for (int i = 0; i < 60; i++) {
            assertNull(ask(caller));
            last().settle(used(1));
        }
        assertEquals(1, ask(caller).retryAfter().toSeconds());
        pass(Duration.ofMillis(1001));
        assertNull(ask(caller));
        assertEquals(0, ask(caller).retryAfter().toSeconds()); // less than a second, which is reported as one
        pass(Duration.ofMinutes(5));
        for (int i = 0; i < 60; i++) {
            assertNull(ask(caller));
        }
        assertTrue(ask(caller).retryAfter().toMillis() > 0); // quiet minutes do not allow their requests at once
    }

    /** Whatever the moments, a minute admits at most twice the limit: what was left, and what came back. */
    @Test
    void shouldKeepTheRate() {
        Principal caller = caller(0, 120, 0);
        SplittableRandom random = new SplittableRandom(7);
        Deque<Long> admitted = new ArrayDeque<>();
        long all = 0;
        for (int i = 0; i < 20_000; i++) {
            pass(Duration.ofMillis(random.nextInt(200)));
            if (ask(caller) == null) {
                admitted.add(now.get());
                all++;
            }
            while (now.get() - admitted.peekFirst() > Duration.ofMinutes(1).toNanos()) {
                admitted.removeFirst();
            }
            assertTrue(admitted.size() <= 240, "in one minute: " + admitted.size());
        }
        double minutes = (now.get() - (Long.MAX_VALUE - 1000)) / 60e9;
        assertEquals(120 * minutes + 120, all, 2);
    }

    /** Token counts are known late, so tokens used beyond the limit must be regained before the next request. */
    @Test
    void shouldSettleTokensAfterwards() {
        Principal caller = caller(0, 0, 1000);
        assertNull(plan(caller, FREE, 1));
        assertNull(plan(caller, FREE, 1));
        permits.get(0).settle(used(2500));
        permits.get(1).settle(used(500));

        Duration wait = plan(caller, FREE, 1).retryAfter();
        assertEquals(120, wait.toSeconds(), 1.0);
        pass(wait.minusMillis(100));
        assertNotNull(plan(caller, FREE, 1));
        pass(Duration.ofMillis(200));
        assertNull(plan(caller, FREE, 1));
    }

    @ParameterizedTest
    @CsvSource({
        "settled,  900, 100", // more than the estimate
        "settled,  100, 900",
        "unknown,  0,   400", // the estimate counts
        "released, 0,   1000"})
    void shouldReserveAnEstimateAndCorrectIt(String end, long tokens, long left) {
        Principal caller = caller(0, 0, 1000);
        assertNull(plan(caller, FREE, 600));
        assertEquals(400, last().status().tokens().remaining());

        switch (end) {
            case "settled" -> last().settle(used(tokens));
            case "unknown" -> last().settle(new Settlement(null, null, null));
            default -> last().release();
        }

        assertEquals(left, last().status().tokens().remaining());
    }

    @Test
    void shouldNotLimitACallerWithoutLimits() {
        for (int i = 0; i < 1000; i++) {
            assertNull(ask(Principal.of("bob")));
            last().settle(used(1_000_000));
            assertNull(plan(Principal.of("bob"), FREE, 1));
        }
        assertNull(last().status());
    }

    /** A request with the same caller name but no token limit does not cancel the caller's debt. */
    @Test
    void shouldRememberADebt() {
        Principal caller = caller(0, 0, 100);
        assertNull(plan(caller, FREE, 1));
        last().settle(used(1000));
        assertNull(plan(caller(5, 0, 0), FREE, 1));
        assertNotNull(plan(caller, FREE, 1));
    }

    @Test
    void shouldCountForAGroupWhatItsKeysUse() {
        UsageLimits group = new UsageLimits(0, 2, 1000);
        Principal alice = Principal.of("alice").withGroup("team", group);
        Principal bob = Principal.of("bob").withLimits(new UsageLimits(0, 10, 0)).withGroup("team", group);
        assertNull(ask(alice));
        assertNull(ask(bob));

        QuotaRefusal refusal = ask(bob);

        assertEquals("The group team may make 2 requests a minute", refusal.reason());
        assertNull(ask(bob.withGroup("other", group)), "what the group refuses does not count for the key");
        assertEquals(8, last().status().requests().remaining());
        assertNull(plan(alice, FREE, 1500));
        assertEquals("The group team may use 1000 tokens a minute", plan(bob, FREE, 1).reason());
    }

    @Test
    void shouldCountForARouteWhatAllCallersUse() {
        RouteConfig route = FREE.toBuilder().limits(new UsageLimits(3, 2, 100)).build();
        assertNull(plan(Principal.of("alice"), route, 1));
        assertNull(plan(Principal.of("bob"), route, 1));

        assertEquals("The route gpt-* may make 2 requests a minute", plan(Principal.of("carol"), route, 1).reason());
        pass(Duration.ofMinutes(1));
        assertNull(plan(Principal.of("bob"), route, 1));
        assertEquals("The route gpt-* has 3 requests in flight, which is its limit",
                plan(Principal.of("carol"), route, 1).reason());
        permits.forEach(RequestQuota.Permit::release);
        pass(Duration.ofMinutes(1));
        assertNull(plan(Principal.of("bob"), route, 200));
        assertEquals("The route gpt-* may use 100 tokens a minute", plan(Principal.of("carol"), route, 1).reason());
    }

    @Test
    void shouldTellWhatIsLeft() {
        Principal caller = caller(0, 60, 6000);
        assertNull(ask(caller));
        QuotaStatus.Left requests = last().status().requests();
        assertEquals(new QuotaStatus.Left(60, 59, Duration.ofSeconds(1)), requests);
        assertNull(plan(caller, FREE, 600));
        assertEquals(new QuotaStatus.Left(6000, 5400, Duration.ofSeconds(6)), last().status().tokens());
        for (int i = 0; i < 59; i++) {
            ask(caller);
        }
        assertEquals(new QuotaStatus.Left(60, 0, Duration.ofMinutes(1)), ask(caller).status().requests());
    }

    @Test
    void shouldForgetWhatHasNoUseLeft() {
        for (int i = 0; i < 30_000; i++) {
            Principal caller = Principal.of("key-" + i).withLimits(new UsageLimits(1, 60, 0));
            assertNull(ask(caller));
            last().release();
            permits.clear();
            pass(Duration.ofMillis(10));
        }
        assertTrue(quota.accounts() <= 11_000, "accounts: " + quota.accounts());
    }
}
