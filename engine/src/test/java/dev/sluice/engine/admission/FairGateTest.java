// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FairGateTest {
    private final List<String> told = new ArrayList<>();

    private FairGate.Ticket enter(FairGate gate, String caller, String name) {
        return gate.enter(caller, Runnable::run, new FairGate.Waiter() {
            @Override
            public void onEntered() {
                told.add(name);
            }

            @Override
            public void onDropped() {
                told.add("dropped " + name);
            }
        });
    }

    @Test
    void shouldTakeTurnsBetweenCallers() {
        FairGate gate = new FairGate(1, 10);
        FairGate.Ticket first = enter(gate, "a", "a0");
        assertTrue(first.isInside());
        List<FairGate.Ticket> waiting = new ArrayList<>();
        for (String name : List.of("a1", "a2", "a3", "b1", "b2", "c1")) {
            waiting.add(enter(gate, name.substring(0, 1), name));
        }
        assertEquals(6, gate.queued());

        first.leave();
        first.leave(); // the second call has no effect
        while (told.size() < 6) {
            waiting.stream().filter(FairGate.Ticket::isInside).findFirst().orElseThrow().leave();
        }
        assertEquals(List.of("a1", "b1", "c1", "a2", "b2", "a3"), told);
        waiting.forEach(FairGate.Ticket::leave);
        assertEquals(0, gate.inside());
    }

    @Test
    void shouldMakeRoomInAFullQueueForWhoHasLess() {
        FairGate gate = new FairGate(1, 3);
        FairGate.Ticket inside = enter(gate, "a", "a0");
        for (String name : List.of("a1", "a2", "a3")) {
            assertNotNull(enter(gate, "a", name));
        }
        assertNull(enter(gate, "a", "a4"));

        assertNotNull(enter(gate, "b", "b1"));
        assertEquals(List.of("dropped a3"), told);
        assertNull(enter(gate, "b", "b2")); // b would then have as many in the queue as a
        assertEquals(3, gate.queued());
        inside.leave();
        assertEquals("a1", told.get(1));
    }

    @Test
    void shouldForgetWhoWaitsNoLonger() {
        FairGate gate = new FairGate(1, 3);
        FairGate.Ticket inside = enter(gate, "a", "a0");
        FairGate.Ticket left = enter(gate, "a", "a1");
        left.leave();
        assertEquals(0, gate.queued());
        inside.leave();
        assertFalse(left.isInside());
        assertEquals(List.of(), told);
        assertEquals(0, gate.inside());
    }

    /** No waiter is lost and the limit is never exceeded, regardless of the order of calls. */
    @Test
    void shouldHoldItsLimitBetweenThreads() throws Exception {
        FairGate gate = new FairGate(3, 1000);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        int each = 2000;
        CountDownLatch done = new CountDownLatch(4 * each);
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            for (int thread = 0; thread < 4; thread++) {
                String caller = "caller" + thread;
                pool.execute(() -> {
                    for (int i = 0; i < each; i++) {
                        run(gate, caller, inside, most, done);
                    }
                });
            }
            assertTrue(done.await(60, TimeUnit.SECONDS), "left " + done.getCount() + " queued " + gate.queued());
        } finally {
            pool.shutdownNow();
        }
        assertTrue(most.get() <= 3, "inside at one time " + most);
        assertEquals(0, gate.inside());
        assertEquals(0, gate.queued());
    }

    private static void run(FairGate gate, String caller, AtomicInteger inside, AtomicInteger most,
            CountDownLatch done) {
        FairGate.Ticket[] ticket = new FairGate.Ticket[1];
        CountDownLatch entered = new CountDownLatch(1);
        ticket[0] = gate.enter(caller, Runnable::run, new FairGate.Waiter() {
            @Override
            public void onEntered() {
                entered.countDown();
            }

            @Override
            public void onDropped() {
                throw new AssertionError("the queue is long enough");
            }
        });
        try {
            if (!ticket[0].isInside()) {
                assertTrue(entered.await(60, TimeUnit.SECONDS));
            }
            int now = inside.incrementAndGet();
            most.accumulateAndGet(now, Math::max);
            inside.decrementAndGet();
            ticket[0].leave();
            done.countDown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
