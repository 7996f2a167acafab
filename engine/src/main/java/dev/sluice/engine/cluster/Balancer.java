// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import dev.sluice.engine.config.Balance;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Chooses a cluster's endpoint for the next attempt. Thread-safe; allocates nothing. */
final class Balancer {
    private static final int PERCENT = 100;
    private static final int LIGHT_LOAD = 8;
    private static final int LOAD_FACTOR = 2;

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
     * @param hash  what a request has in common with others of its session; 0 for nothing
     */
    Endpoint choose(Endpoint avoid, long hash, long nowNanos) {
        if (endpoints.length == 1) {
            return endpoints[0].hasRoom() ? endpoints[0] : null;
        }
        Leniency leniency = leniency(nowNanos);
        Endpoint avoided = null;
        for (Endpoint endpoint : endpoints) {
            if (endpoint != avoid && isEligible(endpoint, null, nowNanos, leniency)) {
                avoided = avoid; // there is another
            }
        }
        return switch (policy) {
            case LEAST_INFLIGHT -> leastOfTwo(avoided, nowNanos, leniency, Integer.MAX_VALUE);
            // A retry takes nobody's turn: otherwise the next request would begin where this one failed.
            case ROUND_ROBIN -> from(Math.floorMod(avoid == null ? turn.getAndIncrement() : turn.get(),
                    endpoints.length), avoided, nowNanos, leniency, Integer.MAX_VALUE);
            case WEIGHTED -> byWeight(avoided, nowNanos, leniency);
            case PRIORITY -> leastOfTwo(avoided, nowNanos, leniency, firstPriority(avoided, nowNanos, leniency));
            case RENDEZVOUS -> {
                Endpoint owner = hash == 0 ? null : byHash(hash, avoided, nowNanos, leniency);
                yield owner != null ? owner : leastOfTwo(avoided, nowNanos, leniency, Integer.MAX_VALUE);
            }
        };
    }

    /**
     * Returns whether an endpoint would be chosen by anybody who has a choice: it is well, and has no more than most.
     */
    boolean isWelcome(Endpoint endpoint, long nowNanos) {
        return isEligible(endpoint, null, nowNanos, leniency(nowNanos)) && !isLoaded(endpoint);
    }

    /**
     * Whether an endpoint has more than twice its share of what is in flight: those whose owner it is may go elsewhere
     * (M. Zadimoghaddam et al., "Consistent hashing with bounded loads"). A few requests are no load.
     */
    private boolean isLoaded(Endpoint endpoint) {
        int inFlight = endpoint.health().inFlight();
        if (inFlight < LIGHT_LOAD) {
            return false;
        }
        long all = 0;
        long weights = 0;
        for (Endpoint other : endpoints) {
            all += other.health().inFlight();
            weights += other.weight();
        }
        return inFlight * weights > LOAD_FACTOR * all * endpoint.weight();
    }

    /**
     * The highest of a number for each pair of endpoint and hash (D. Thaler and C. Ravishankar, rendezvous hashing).
     */
    private Endpoint byHash(long hash, Endpoint avoided, long nowNanos, Leniency leniency) {
        Endpoint best = null;
        double bestScore = 0;
        for (Endpoint endpoint : endpoints) {
            if (isEligible(endpoint, avoided, nowNanos, leniency) && !isLoaded(endpoint)) {
                double share = ((mix(hash ^ endpoint.hash()) >>> 11) + 0.5) * 0x1p-53; // above 0, below 1
                double score = -endpoint.weight() / Math.log(share);
                if (score > bestScore) {
                    best = endpoint;
                    bestScore = score;
                }
            }
        }
        return best;
    }

    /** The finalizer of SplitMix64: every bit of the sum decides about every bit of the result. */
    static long mix(long value) {
        long z = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    /** Returns what must be overlooked for there to be a choice. */
    private Leniency leniency(long nowNanos) {
        int well = 0;
        for (Endpoint endpoint : endpoints) {
            well += endpoint.health().isEjectedOrProbed(nowNanos) ? 0 : 1;
        }
        Leniency least = well * PERCENT < endpoints.length * panicPercent ? Leniency.PANIC : Leniency.NONE;
        for (Endpoint endpoint : endpoints) {
            if (isEligible(endpoint, null, nowNanos, least)) {
                return least;
            }
        }
        return Leniency.FULL;
    }

    private static boolean isEligible(Endpoint endpoint, Endpoint avoided, long nowNanos, Leniency leniency) {
        return endpoint != avoided && endpoint.hasRoom() && switch (leniency) {
            case NONE -> endpoint.health().isAvailable(nowNanos);
            case PANIC -> !endpoint.health().isCooling(nowNanos);
            case FULL -> true;
        };
    }

    /** Returns the first that will do, looking from an index on. */
    private Endpoint from(int start, Endpoint avoided, long nowNanos, Leniency leniency, int maxPriority) {
        for (int i = 0; i < endpoints.length; i++) {
            Endpoint endpoint = endpoints[(start + i) % endpoints.length];
            if (endpoint.priority() <= maxPriority && isEligible(endpoint, avoided, nowNanos, leniency)) {
                return endpoint;
            }
        }
        return null;
    }

    /** "The power of two choices": nearly as even as looking at all, and no herd runs to the least loaded one. */
    private Endpoint leastOfTwo(Endpoint avoided, long nowNanos, Leniency leniency, int maxPriority) {
        int first = ThreadLocalRandom.current().nextInt(endpoints.length);
        int second = (first + 1 + ThreadLocalRandom.current().nextInt(endpoints.length - 1)) % endpoints.length;
        Endpoint a = from(first, avoided, nowNanos, leniency, maxPriority);
        Endpoint b = from(second, avoided, nowNanos, leniency, maxPriority);
        if (a == null || a == b) {
            return b;
        }
        long loadOfA = (long) a.health().inFlight() * b.weight();
        return loadOfA <= (long) b.health().inFlight() * a.weight() ? a : b;
    }

    private int firstPriority(Endpoint avoided, long nowNanos, Leniency leniency) {
        int lowest = Integer.MAX_VALUE;
        for (Endpoint endpoint : endpoints) {
            if (isEligible(endpoint, avoided, nowNanos, leniency)) {
                lowest = Math.min(lowest, endpoint.priority());
            }
        }
        return lowest;
    }

    private Endpoint byWeight(Endpoint avoided, long nowNanos, Leniency leniency) {
        int total = 0;
        for (Endpoint endpoint : endpoints) {
            total += isEligible(endpoint, avoided, nowNanos, leniency) ? endpoint.weight() : 0;
        }
        int drawn = total == 0 ? 0 : ThreadLocalRandom.current().nextInt(total);
        for (Endpoint endpoint : endpoints) {
            if (isEligible(endpoint, avoided, nowNanos, leniency)) {
                drawn -= endpoint.weight();
                if (drawn < 0) {
                    return endpoint;
                }
            }
        }
        return null;
    }

    /** What is overlooked where too few endpoints are left. */
    private enum Leniency {
        /** Nothing. */
        NONE,
        /** Failures: that so many endpoints fail is less likely than that something else does. */
        PANIC,
        /** Also that they have asked to be left alone: there is nobody else. */
        FULL
    }
}
