// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import dev.sluice.engine.config.Balance;
import java.util.Set;
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
     * Returns the endpoint for the next attempt, or null if all that were not asked are full.
     *
     * @param model the model's name upstream; null if the request has none
     * @param asked the endpoints that have had their turn
     * @param hash  a number that requests of one session have in common; 0 for none
     */
    Endpoint choose(String model, Set<Endpoint> asked, long hash, long nowNanos) {
        if (endpoints.length == 1) {
            return endpoints[0].hasRoom() && asked.isEmpty() ? endpoints[0] : null;
        }
        Choice choice = new Choice(model, asked, nowNanos);
        choice.leniency = leniency(choice);
        if (choice.leniency == Leniency.FULL) {
            return soonest(choice);
        }
        return switch (policy) {
            case LEAST_INFLIGHT -> leastOfTwo(choice, Integer.MAX_VALUE);
            // A retry does not advance the turn. With two endpoints, the next request would otherwise begin at the one
            // that has just failed.
            case ROUND_ROBIN -> from(Math.floorMod(asked.isEmpty() ? turn.getAndIncrement() : turn.get(),
                    endpoints.length), choice, Integer.MAX_VALUE);
            case WEIGHTED -> byWeight(choice);
            case PRIORITY -> leastOfTwo(choice, firstPriority(choice));
            case RENDEZVOUS -> {
                Endpoint owner = hash == 0 ? null : byHash(hash, choice);
                yield owner != null ? owner : leastOfTwo(choice, Integer.MAX_VALUE);
            }
        };
    }

    /** Returns whether an endpoint can be chosen that has not been asked, whatever its condition. */
    boolean hasUnasked(Set<Endpoint> asked, Endpoint current) {
        for (Endpoint endpoint : endpoints) {
            if (endpoint != current && !asked.contains(endpoint)) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether an endpoint that has not been asked is ready to serve a request. */
    boolean hasReady(String model, Set<Endpoint> asked, Endpoint current, long nowNanos) {
        for (Endpoint endpoint : endpoints) {
            if (endpoint != current && !asked.contains(endpoint) && endpoint.isReady(model, nowNanos)) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether more than half of the endpoints are out: ejected, resting or being probed. */
    boolean isFailing(String model, long nowNanos) {
        int out = 0;
        for (Endpoint endpoint : endpoints) {
            out += endpoint.health().isAvailable(model, nowNanos) ? 0 : 1;
        }
        return out * 2 > endpoints.length;
    }

    /** Returns the endpoint that is ready first, among those that have room; of two, the one with fewer requests. */
    private Endpoint soonest(Choice choice) {
        Endpoint best = null;
        long least = 0;
        for (Endpoint endpoint : endpoints) {
            if (isEligible(endpoint, choice)) {
                long left = endpoint.health().leftNanos(choice.model, choice.nowNanos);
                if (best == null || left < least || left == least
                        && endpoint.health().inFlight() < best.health().inFlight()) {
                    best = endpoint;
                    least = left;
                }
            }
        }
        return best;
    }

    /**
     * Returns whether an affinity owner may serve another request: the endpoint is healthy and not loaded far above the
     * others.
     */
    boolean isWelcome(String model, Endpoint endpoint, long nowNanos) {
        Choice choice = new Choice(model, Set.of(), nowNanos);
        choice.leniency = leniency(choice);
        return isEligible(endpoint, choice) && !isLoaded(endpoint);
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
    private Endpoint byHash(long hash, Choice choice) {
        Endpoint best = null;
        double bestScore = 0;
        for (Endpoint endpoint : endpoints) {
            if (isEligible(endpoint, choice) && !isLoaded(endpoint)) {
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
    private Leniency leniency(Choice choice) {
        int well = 0;
        for (Endpoint endpoint : endpoints) {
            well += endpoint.health().isEjectedOrProbed(choice.nowNanos) ? 0 : 1;
        }
        choice.leniency = well * PERCENT < endpoints.length * panicPercent ? Leniency.PANIC : Leniency.NONE;
        for (Endpoint endpoint : endpoints) {
            if (isEligible(endpoint, choice)) {
                return choice.leniency;
            }
        }
        return Leniency.FULL;
    }

    private static boolean isEligible(Endpoint endpoint, Choice choice) {
        return !choice.asked.contains(endpoint) && endpoint.hasRoom() && switch (choice.leniency) {
            case NONE -> endpoint.health().isAvailable(choice.model, choice.nowNanos);
            case PANIC -> !endpoint.health().isResting(choice.model, choice.nowNanos);
            case FULL -> true;
        };
    }

    /** Returns the first eligible endpoint, searching from an index on. */
    private Endpoint from(int start, Choice choice, int maxPriority) {
        for (int i = 0; i < endpoints.length; i++) {
            Endpoint endpoint = endpoints[(start + i) % endpoints.length];
            if (endpoint.priority() <= maxPriority && isEligible(endpoint, choice)) {
                return endpoint;
            }
        }
        return null;
    }

    /**
     * Chooses by "the power of two choices": nearly as even as comparing all endpoints, and the least loaded one is not
     * swamped by all requests at once.
     */
    private Endpoint leastOfTwo(Choice choice, int maxPriority) {
        int first = ThreadLocalRandom.current().nextInt(endpoints.length);
        int second = (first + 1 + ThreadLocalRandom.current().nextInt(endpoints.length - 1)) % endpoints.length;
        Endpoint a = from(first, choice, maxPriority);
        Endpoint b = from(second, choice, maxPriority);
        if (a == null || a == b) {
            return b;
        }
        long loadOfA = (long) a.health().inFlight() * b.weight();
        return loadOfA <= (long) b.health().inFlight() * a.weight() ? a : b;
    }

    private int firstPriority(Choice choice) {
        int lowest = Integer.MAX_VALUE;
        for (Endpoint endpoint : endpoints) {
            if (isEligible(endpoint, choice)) {
                lowest = Math.min(lowest, endpoint.priority());
            }
        }
        return lowest;
    }

    private Endpoint byWeight(Choice choice) {
        int total = 0;
        for (Endpoint endpoint : endpoints) {
            total += isEligible(endpoint, choice) ? endpoint.weight() : 0;
        }
        int drawn = total == 0 ? 0 : ThreadLocalRandom.current().nextInt(total);
        for (Endpoint endpoint : endpoints) {
            if (isEligible(endpoint, choice)) {
                drawn -= endpoint.weight();
                if (drawn < 0) {
                    return endpoint;
                }
            }
        }
        return null;
    }

    /** The inputs of one choice. */
    private static final class Choice {
        private final String model;
        private final Set<Endpoint> asked;
        private final long nowNanos;
        private Leniency leniency;

        Choice(String model, Set<Endpoint> asked, long nowNanos) {
            this.model = model;
            this.asked = asked;
            this.nowNanos = nowNanos;
        }
    }

    /** The degree to which an endpoint's condition is ignored if too few endpoints are available. */
    private enum Leniency {
        /** Nothing is ignored. */
        NONE,
        /** Failures are ignored: if that many endpoints fail at once, something else is more likely to be the cause. */
        PANIC,
        /** Rest times are ignored too, because there is no other endpoint; the one that is ready first is chosen. */
        FULL
    }
}
