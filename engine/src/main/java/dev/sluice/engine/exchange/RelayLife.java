// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** The exchanges in flight, and the drain that waits for them. Thread-safe. */
final class RelayLife {
    private final AtomicInteger inFlight = new AtomicInteger();
    /** The responses that have not been sent completely although their exchanges have ended. */
    private final AtomicInteger tails = new AtomicInteger();
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
    boolean startExchange(long limit) {
        return inFlight.incrementAndGet() <= limit;
    }

    void endExchange() {
        inFlight.decrementAndGet();
        completeIfDrained();
    }

    void beginTail() {
        tails.incrementAndGet();
    }

    void endTail() {
        tails.decrementAndGet();
        completeIfDrained();
    }

    int inFlight() {
        return inFlight.get();
    }

    /** Begins to drain; returns a future that completes when no exchange and no tail is left. */
    CompletableFuture<Void> drain() {
        isDraining = true;
        completeIfDrained();
        return drained;
    }

    private void completeIfDrained() {
        if (isDraining && inFlight.get() == 0 && tails.get() == 0) {
            drained.complete(null);
        }
    }

    boolean isDraining() {
        return isDraining;
    }

    /** Refuses all exchanges that begin from now on. */
    void refuseAll() {
        isRefusing = true;
    }

    boolean isRefusing() {
        return isRefusing;
    }
}
