// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.config.Balance;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Chooses a cluster's endpoint for the next attempt. Thread-safe; allocates nothing. */
final class Balancer {
    private static final int PERCENT = 100;

    private final Balance policy;
    private final Endpoint[] endpoints;
    private final int panicPercent;
    private final AtomicInteger turn = new AtomicInteger();

    Balancer(Balance policy, Endpoint[] endpoints, int panicPercent) {
        this.policy = policy;
        this.endpoints = endpoints;
        this.panicPercent = panicPercent;
    }

    /**
     * Returns the endpoint for the next attempt, or null where all are full.
     *
     * @param avoid chosen only where there is no other; may be null
     */
    Endpoint choose(Endpoint avoid, long nowNanos) {
        if (endpoints.length == 1) {
            return endpoints[0].hasRoom() ? endpoints[0] : null;
        }
        int available = 0;
        boolean isOtherAvailable = false;
        for (Endpoint endpoint : endpoints) {
            if (endpoint.health().isAvailable(nowNanos)) {
                available++;
                isOtherAvailable |= endpoint != avoid && endpoint.hasRoom();
            }
        }
        boolean isPanic = available * PERCENT < endpoints.length * panicPercent;
        Endpoint avoided = isOtherAvailable || isPanic ? avoid : null;
        return switch (policy) {
            case LEAST_INFLIGHT -> leastOfTwo(avoided, nowNanos, isPanic, Integer.MAX_VALUE);
            case ROUND_ROBIN -> from(Math.floorMod(turn.getAndIncrement(), endpoints.length), avoided, nowNanos,
                    isPanic, Integer.MAX_VALUE);
            case WEIGHTED -> byWeight(avoided, nowNanos, isPanic);
            case PRIORITY -> leastOfTwo(avoided, nowNanos, isPanic, firstPriority(avoided, nowNanos, isPanic));
        };
    }

    private static boolean isEligible(Endpoint endpoint, Endpoint avoided, long nowNanos, boolean isPanic) {
        return endpoint != avoided && endpoint.hasRoom() && (isPanic || endpoint.health().isAvailable(nowNanos));
    }

    /** Returns the first that will do, looking from an index on. */
    private Endpoint from(int start, Endpoint avoided, long nowNanos, boolean isPanic, int maxPriority) {
        for (int i = 0; i < endpoints.length; i++) {
            Endpoint endpoint = endpoints[(start + i) % endpoints.length];
            if (endpoint.priority() <= maxPriority && isEligible(endpoint, avoided, nowNanos, isPanic)) {
                return endpoint;
            }
        }
        return null;
    }

    /** "The power of two choices": nearly as even as looking at all, and no herd runs to the least loaded one. */
    private Endpoint leastOfTwo(Endpoint avoided, long nowNanos, boolean isPanic, int maxPriority) {
        int first = ThreadLocalRandom.current().nextInt(endpoints.length);
        int second = (first + 1 + ThreadLocalRandom.current().nextInt(endpoints.length - 1)) % endpoints.length;
        Endpoint a = from(first, avoided, nowNanos, isPanic, maxPriority);
        Endpoint b = from(second, avoided, nowNanos, isPanic, maxPriority);
        if (a == null || a == b) {
            return b;
        }
        long loadOfA = (long) a.health().inFlight() * b.weight();
        return loadOfA <= (long) b.health().inFlight() * a.weight() ? a : b;
    }

    private int firstPriority(Endpoint avoided, long nowNanos, boolean isPanic) {
        int lowest = Integer.MAX_VALUE;
        for (Endpoint endpoint : endpoints) {
            if (isEligible(endpoint, avoided, nowNanos, isPanic)) {
                lowest = Math.min(lowest, endpoint.priority());
            }
        }
        return lowest;
    }

    private Endpoint byWeight(Endpoint avoided, long nowNanos, boolean isPanic) {
        int total = 0;
        for (Endpoint endpoint : endpoints) {
            total += isEligible(endpoint, avoided, nowNanos, isPanic) ? endpoint.weight() : 0;
        }
        int drawn = total == 0 ? 0 : ThreadLocalRandom.current().nextInt(total);
        for (Endpoint endpoint : endpoints) {
            if (isEligible(endpoint, avoided, nowNanos, isPanic)) {
                drawn -= endpoint.weight();
                if (drawn < 0) {
                    return endpoint;
                }
            }
        }
        return null;
    }
}
