// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets a number of exchanges run at one time; those that come beyond it wait in a short queue, in which callers take
 * turns: who has many waiting goes no earlier than who has one, and makes room where the queue is full.
 *
 * <p><b>Threading:</b> any. There is no lock as long as nobody waits.
 */
public final class FairGate {
    private volatile int limit;
    private volatile int maxQueued;
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger queued = new AtomicInteger();
    /** Guarded by this; callers in the order of their turns. */
    private final Map<String, ArrayDeque<Ticket>> waiting = new LinkedHashMap<>();

    /**
     * @param limit     exchanges at one time
     * @param maxQueued how many may wait; 0 for none
     */
    public FairGate(int limit, int maxQueued) {
        this.limit = limit;
        this.maxQueued = maxQueued;
    }

    /**
     * Goes in, or waits.
     *
     * @param caller who takes turns with others
     * @param loop   where {@code waiter} is told
     * @param waiter is told where it has to wait; not if it goes in at once
     * @return what must be left in the end; null where there is no place to wait
     */
    public Ticket enter(String caller, Executor loop, Waiter waiter) {
        Ticket ticket = new Ticket(this, caller, loop, waiter);
        if (queued.get() == 0 && tryTake()) {
            ticket.state = State.INSIDE;
            return ticket;
        }
        Ticket dropped = null;
        boolean isFull = false;
        synchronized (this) {
            if (waiting.isEmpty() && tryTake()) {
                ticket.state = State.INSIDE;
                return ticket;
            }
            if (queued.get() >= maxQueued) {
                dropped = lastOfTheLongest(caller);
                isFull = dropped == null;
            }
            if (!isFull) {
                queued.incrementAndGet();
                waiting.computeIfAbsent(caller, name -> new ArrayDeque<>()).add(ticket);
            }
        }
        if (isFull) {
            letIn(); // whoever left meanwhile may have found the gate full because this one tried
            return null;
        }
        if (dropped != null) {
            Ticket refused = dropped;
            refused.loop.execute(refused.waiter::onDropped);
        }
        letIn(); // whoever left meanwhile has seen an empty queue
        return ticket;
    }

    /** Changes both limits; whoever is inside or waits stays. */
    public void setLimits(int insideAtMost, int queuedAtMost) {
        limit = insideAtMost;
        maxQueued = queuedAtMost;
        letIn();
    }

    private boolean tryTake() {
        if (inside.incrementAndGet() <= limit) {
            return true;
        }
        inside.decrementAndGet();
        return false;
    }

    /** Takes out the last of whoever has most waiting, if that is more than {@code caller} would have. */
    private Ticket lastOfTheLongest(String caller) {
        Map.Entry<String, ArrayDeque<Ticket>> longest = waiting.entrySet().stream()
                .max(Comparator.comparingInt(entry -> entry.getValue().size())).orElse(null);
        int own = waiting.containsKey(caller) ? waiting.get(caller).size() : 0;
        if (longest == null || longest.getValue().size() <= own + 1) {
            return null;
        }
        Ticket last = longest.getValue().pollLast();
        last.state = State.OUTSIDE;
        queued.decrementAndGet();
        return last;
    }

    private void letIn() {
        while (queued.get() > 0) {
            Ticket next;
            synchronized (this) {
                if (waiting.isEmpty() || !tryTake()) {
                    return;
                }
                next = pollNext();
                next.state = State.INSIDE;
            }
            next.loop.execute(next.waiter::onEntered);
        }
    }

    private Ticket pollNext() {
        Iterator<Map.Entry<String, ArrayDeque<Ticket>>> callers = waiting.entrySet().iterator();
        Map.Entry<String, ArrayDeque<Ticket>> first = callers.next();
        String caller = first.getKey();
        ArrayDeque<Ticket> tickets = first.getValue();
        callers.remove();
        Ticket next = tickets.poll();
        queued.decrementAndGet();
        if (!tickets.isEmpty()) {
            waiting.put(caller, tickets); // behind all others
        }
        return next;
    }

    private void leave(Ticket ticket) {
        if (ticket.state == State.WAITING && !isInsideAfterAll(ticket)) {
            return;
        }
        ticket.state = State.OUTSIDE; // nobody else changes it once it is inside
        inside.decrementAndGet();
        letIn();
    }

    /** Takes a ticket out of the queue, or finds that it has been let in meanwhile. */
    private synchronized boolean isInsideAfterAll(Ticket ticket) {
        if (ticket.state == State.WAITING) {
            ticket.state = State.OUTSIDE;
            ArrayDeque<Ticket> tickets = waiting.get(ticket.caller);
            tickets.remove(ticket);
            queued.decrementAndGet();
            if (tickets.isEmpty()) {
                waiting.remove(ticket.caller);
            }
        }
        return ticket.state == State.INSIDE;
    }

    /** Returns how many are inside. */
    public int inside() {
        return inside.get();
    }

    /** Returns how many wait. */
    public int queued() {
        return queued.get();
    }

    /** Is told what becomes of its waiting. */
    public interface Waiter {
        /** It is inside. */
        void onEntered();

        /** Others have a better right to wait. */
        void onDropped();
    }

    private enum State {
        WAITING,
        INSIDE,
        OUTSIDE
    }

    /** One that is inside or waits. */
    public static final class Ticket {
        private final FairGate gate;
        private final String caller;
        private final Executor loop;
        private final Waiter waiter;
        private volatile State state = State.WAITING;

        Ticket(FairGate gate, String caller, Executor loop, Waiter waiter) {
            this.gate = gate;
            this.caller = caller;
            this.loop = loop;
            this.waiter = waiter;
        }

        /** Returns whether it is inside. */
        public boolean isInside() {
            return state == State.INSIDE;
        }

        /** Goes out, or waits no longer; idempotent. */
        public void leave() {
            if (state != State.OUTSIDE) {
                gate.leave(this);
            }
        }
    }
}
