// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The exchanges in flight, and the drain that waits for them. Thread-safe. */
public final class RelayLife {
    private final AtomicInteger inFlight = new AtomicInteger();
    /** The responses that have not been sent completely although their exchanges have ended. */
    private final AtomicInteger tails = new AtomicInteger();
    /** The WebSockets that are open. */
    private final AtomicInteger sessions = new AtomicInteger();
    private final Map<String, Integer> sessionsOf = new ConcurrentHashMap<>();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private volatile boolean isDraining;
    private volatile boolean isRefusing;

    /**
     * Counts an exchange, which must be ended.
     *
     * @param limit the maximum number of exchanges in flight while their callers are unknown; admitted exchanges are
     *              bounded by permits
     * @return whether the limit is kept
     */
    public boolean startExchange(long limit) {
        return inFlight.incrementAndGet() <= limit;
    }

    /** Ends an exchange that was counted. */
    public void endExchange() {
        inFlight.decrementAndGet();
        completeIfDrained();
    }

    /** Counts a response whose exchange has ended before its last byte was sent. */
    public void beginTail() {
        tails.incrementAndGet();
    }

    /** Ends a response that was counted by {@link #beginTail}. */
    public void endTail() {
        tails.decrementAndGet();
        completeIfDrained();
    }

    /**
     * Counts a WebSocket, which must be ended, if a limit does not forbid it.
     *
     * @param caller      the name of its caller
     * @param max         the limit of all WebSockets
     * @param maxOfCaller the limit of the caller's WebSockets
     * @return the limit that is reached, so that the WebSocket is not counted; {@link SessionLimit#NONE} if it is
     */
    public SessionLimit beginSession(String caller, int max, int maxOfCaller) {
        int all = sessions.incrementAndGet();
        int own = sessionsOf.merge(caller, 1, Integer::sum);
        SessionLimit reached = all > max ? SessionLimit.OF_RELAY : own > maxOfCaller ? SessionLimit.OF_CALLER
                : SessionLimit.NONE;
        if (reached != SessionLimit.NONE) {
            endSession(caller);
        }
        return reached;
    }

    /** The limits of WebSockets. */
    public enum SessionLimit {
        /** No limit is reached. */
        NONE,
        /** The limit of the relay. */
        OF_RELAY,
        /** The limit of the caller. */
        OF_CALLER
    }

    /** Ends a WebSocket that was counted. */
    public void endSession(String caller) {
        sessionsOf.computeIfPresent(caller, (name, count) -> count == 1 ? null : count - 1);
        sessions.decrementAndGet();
        completeIfDrained();
    }

    /** {@return the number of open WebSockets} */
    public int sessions() {
        return sessions.get();
    }

    /** {@return the number of exchanges in flight} */
    public int inFlight() {
        return inFlight.get();
    }

    /**
     * Begins to drain; returns a future that completes when no exchange, no tail of a response and no WebSocket is
     * left.
     */
    public CompletableFuture<Void> drain() {
        isDraining = true;
        completeIfDrained();
        return drained;
    }

    private void completeIfDrained() {
        if (isDraining && inFlight.get() == 0 && tails.get() == 0 && sessions.get() == 0) {
            drained.complete(null);
        }
    }

    /** {@return whether the relay drains} */
    public boolean isDraining() {
        return isDraining;
    }

    /** Refuses all exchanges that begin from now on. */
    public void refuseAll() {
        isRefusing = true;
    }

    /** {@return whether all new exchanges are refused} */
    public boolean isRefusing() {
        return isRefusing;
    }
}
