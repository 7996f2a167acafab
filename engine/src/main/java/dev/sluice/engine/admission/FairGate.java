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
 * A limit of exchanges in flight. Further exchanges wait in a short queue, from which callers are served in turn: a
 * caller with many waiting exchanges is not served earlier than one with a single exchange, and when the queue is full,
 * it loses its last exchange to a caller with fewer.
 *
 * <p><b>Threading:</b> any. No lock is taken while the queue is empty and a permit is free.
 */
public final class FairGate {
    private volatile int limit;
    private volatile int maxQueued;
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger queued = new AtomicInteger();
    /** The waiting tickets per caller, in the order in which the callers are served; guarded by this. */
    private final Map<String, ArrayDeque<Ticket>> waiting = new LinkedHashMap<>();

    /**
     * @param limit     number of permits
     * @param maxQueued number of exchanges that may wait; 0 for none
     */
    public FairGate(int limit, int maxQueued) {
        this.limit = limit;
        this.maxQueued = maxQueued;
    }

    /**
     * Takes a permit, or waits for one.
     *
     * @param caller the name of the caller; callers are served in turn
     * @param loop   executes the calls of {@code waiter}
     * @param waiter notified if the ticket waits; not if the permit is granted at once
     * @return the ticket, on which {@link Ticket#leave} must be called in the end; null if the queue is full
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
            letIn(); // an exchange that left meanwhile may have found all permits taken by this attempt
            return null;
        }
        if (dropped != null) {
            Ticket refused = dropped;
            refused.loop.execute(refused.waiter::onDropped);
        }
        letIn(); // an exchange that left meanwhile may have seen an empty queue
        return ticket;
    }

    /** Changes both limits. Granted permits and waiting exchanges remain. */
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

    /**
     * Removes and returns the last ticket of the caller with the most waiting tickets, if these are more than
     * {@code caller} would have with another one; otherwise returns null.
     */
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
            waiting.put(caller, tickets); // after all other callers
        }
        return next;
    }

    private void leave(Ticket ticket) {
        if (ticket.state == State.WAITING && !isInsideAfterAll(ticket)) {
            return;
        }
        ticket.state = State.OUTSIDE; // only the holder changes the state once the permit is granted
        inside.decrementAndGet();
        letIn();
    }

    /** Removes a ticket from the queue; returns whether its permit has been granted in the meantime instead. */
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

    /** {@return the number of granted permits} */
    public int inside() {
        return inside.get();
    }

    /** {@return the number of waiting exchanges} */
    public int queued() {
        return queued.get();
    }

    /** A listener to the end of a wait. */
    public interface Waiter {
        /** Called when the permit is granted. */
        void onEntered();

        /** Called when the ticket was removed from the full queue in favor of a caller with fewer waiting exchanges. */
        void onDropped();
    }

    private enum State {
        WAITING,
        INSIDE,
        OUTSIDE
    }

    /** A permit, or a wait for one. */
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

        /** {@return whether the permit is granted} */
        public boolean isInside() {
            return state == State.INSIDE;
        }

        /** Releases the permit, or ends the wait; idempotent. */
        public void leave() {
            if (state != State.OUTSIDE) {
                gate.leave(this);
            }
        }
    }
}
