// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import dev.sluice.engine.config.Balance;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** The choice of a cluster's endpoint for the next attempt. Thread-safe; allocates nothing. */
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
     * Returns the endpoint for the next attempt, or null if all are full.
     *
     * @param avoid an endpoint that is chosen only if there is no other; may be null
     * @param hash  a number that requests of one session have in common; 0 for none
     */
    Endpoint choose(Endpoint avoid, long hash, long nowNanos) {
        if (endpoints.length == 1) {
            return endpoints[0].hasRoom() ? endpoints[0] : null;
        }
        Leniency leniency = leniency(nowNanos);
        Endpoint avoided = null;
        for (Endpoint endpoint : endpoints) {
            if (endpoint != avoid && isEligible(endpoint, null, nowNanos, leniency)) {
                avoided = avoid; // another endpoint is eligible
            }
        }
        return switch (policy) {
            case LEAST_INFLIGHT -> leastOfTwo(avoided, nowNanos, leniency, Integer.MAX_VALUE);
            // A retry does not advance the turn. With two endpoints, the next request would otherwise begin at the one
            // that has just failed.
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
     * Returns whether an affinity owner may serve another request: the endpoint is healthy and not loaded far above the
     * others.
     */
    boolean isWelcome(Endpoint endpoint, long nowNanos) {
        return isEligible(endpoint, null, nowNanos, leniency(nowNanos)) && !isLoaded(endpoint);
    }

    /**
     * Returns whether an endpoint has more than twice its share of the requests in flight, so that its sessions may go
     * elsewhere (V. Mirrokni, M. Thorup and M. Zadimoghaddam, "Consistent hashing with bounded loads"). Fewer than
     * eight requests do not count as load.
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

    /** Returns the endpoint with the highest score for a hash (rendezvous hashing, D. Thaler and C. Ravishankar). */
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

    /** Returns the output of SplitMix64's finalizer: every input bit affects every output bit. */
    static long mix(long value) {
        long z = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    /** Returns the least leniency under which an endpoint can be chosen. */
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

    /** Returns the first eligible endpoint, searching from an index on. */
    private Endpoint from(int start, Endpoint avoided, long nowNanos, Leniency leniency, int maxPriority) {
        for (int i = 0; i < endpoints.length; i++) {
            Endpoint endpoint = endpoints[(start + i) % endpoints.length];
            if (endpoint.priority() <= maxPriority && isEligible(endpoint, avoided, nowNanos, leniency)) {
                return endpoint;
            }
        }
        return null;
    }

    /**
     * Chooses by "the power of two choices": nearly as even as comparing all endpoints, and the least loaded one is not
     * swamped by all requests at once.
     */
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

    /** The degree to which an endpoint's condition is ignored if too few endpoints are available. */
    private enum Leniency {
        /** Nothing is ignored. */
        NONE,
        /** Failures are ignored: if that many endpoints fail at once, something else is more likely to be the cause. */
        PANIC,
        /** Requested rest times are ignored too, because there is no other endpoint. */
        FULL
    }
}
