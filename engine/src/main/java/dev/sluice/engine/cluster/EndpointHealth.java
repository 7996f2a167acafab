// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import dev.sluice.engine.config.HealthConfig;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The state of an endpoint: its requests in flight, its failures and its ejection.
 *
 * <p>Thread-safe, and shared by all loops. A race costs at most one request that goes to another endpoint, or one extra
 * probe.
 */
final class EndpointHealth {
    private static final int MAX_DOUBLINGS = 16;
    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long UNSOLICITED_WINDOW_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long NOT_REUSED_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final int PERCENT = 100;

    private final HealthConfig config;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger ejections = new AtomicInteger();
    private final AtomicBoolean isProbed = new AtomicBoolean();
    private volatile long ejectedUntilNanos;
    private volatile long coolUntilNanos;
    private volatile boolean isCooling;
    private volatile boolean isUnauthorized;
    /** The number of rests since the endpoint last served a request. */
    private volatile int rests;
    private volatile long notReusedUntilNanos;
    private volatile boolean isNotReused;
    private boolean hasUnsolicited;
    private long unsolicitedNanos;
    private boolean hasWindow;
    private long windowNanos;
    private int answers;
    private int failed;
    private int answersBefore;
    private int failedBefore;

    EndpointHealth(HealthConfig config) {
        this.config = config;
    }

    /** Returns whether the next request may go to the endpoint. */
    boolean isAvailable(long nowNanos) {
        return !isCooling(nowNanos) && !isEjectedOrProbed(nowNanos);
    }

    /** Returns whether the endpoint is ejected or is being probed. */
    boolean isEjectedOrProbed(long nowNanos) {
        return isEjected(nowNanos) || ejections.get() > 0 && isProbed.get();
    }

    /** Returns whether the endpoint is ejected and the time to probe it has not come. */
    boolean isEjected(long nowNanos) {
        return ejections.get() > 0 && nowNanos - ejectedUntilNanos < 0;
    }

    /** Returns whether the rest time that the endpoint asked for has not passed. */
    boolean isCooling(long nowNanos) {
        return isCooling && nowNanos - coolUntilNanos < 0;
    }

    /**
     * Acquires a slot for a request; returns whether one was free.
     *
     * @param limit the maximum number of requests in flight; 0 for none
     */
    boolean tryAcquireSlot(int limit) {
        if (inFlight.incrementAndGet() > limit && limit > 0) {
            inFlight.decrementAndGet();
            return false;
        }
        if (ejections.get() > 0) {
            isProbed.set(true);
        }
        return true;
    }

    /** Releases the slot of a request that is over. */
    void releaseSlot() {
        inFlight.decrementAndGet();
        isProbed.set(false); // a probe without a result is followed by another
    }

    void recordSuccess(long nowNanos) {
        failures.set(0);
        if (ejections.getAndSet(0) > 0) {
            forgetAnswers();
        }
        isRateOver(false, nowNanos);
    }

    void recordFailure(long nowNanos) {
        boolean wasEjected = ejections.get() > 0;
        boolean isRateOver = isRateOver(true, nowNanos);
        if (failures.incrementAndGet() < config.maxFailures() && !isRateOver && !wasEjected) {
            return;
        }
        if (wasEjected && nowNanos - ejectedUntilNanos < 0) {
            return; // a request that was in flight at the ejection
        }
        int doublings = Math.min(ejections.getAndIncrement(), MAX_DOUBLINGS);
        long nanos = Math.min(config.ejection().toNanos() << doublings, config.maxEjection().toNanos());
        ejectedUntilNanos = nowNanos + nanos + ThreadLocalRandom.current().nextLong(nanos / 10 + 1);
    }

    /** Counts a response or a failure; returns whether the failure rate of the last 10 to 20 s is too high. */
    private synchronized boolean isRateOver(boolean isFailure, long nowNanos) {
        if (!hasWindow || nowNanos - windowNanos >= WINDOW_NANOS) {
            boolean isNext = hasWindow && nowNanos - windowNanos < 2 * WINDOW_NANOS;
            answersBefore = isNext ? answers : 0;
            failedBefore = isNext ? failed : 0;
            answers = 0;
            failed = 0;
            windowNanos = nowNanos;
            hasWindow = true;
        }
        answers++;
        failed += isFailure ? 1 : 0;
        int all = answers + answersBefore;
        return config.errorPercent() > 0 && all >= config.minAnswers()
                && (long) (failed + failedBefore) * PERCENT >= (long) all * config.errorPercent();
    }

    /** Discards the counts, because they say nothing about an endpoint that has recovered. */
    private synchronized void forgetAnswers() {
        hasWindow = false;
    }

    /**
     * Lets the endpoint rest after a response that refuses more than one request.
     *
     * @param namedNanos the time that the response names; 0 for none
     * @return whether credentials were refused that were not known to be refused
     */
    synchronized boolean rest(RestPolicy.Cause cause, long namedNanos, long nowNanos) {
        boolean isRefusal = cause == RestPolicy.Cause.CREDENTIALS;
        if (namedNanos == 0 && isCooling(nowNanos)) {
            return false; // a request that was in flight when the rest began
        }
        restFor(nowNanos, RestPolicy.restNanos(cause, namedNanos, rests));
        rests++;
        boolean isNew = isRefusal && !isUnauthorized;
        isUnauthorized = isRefusal;
        return isNew;
    }

    /**
     * Forgets earlier rests, because the endpoint has served a request. A rest because of refused credentials ends:
     * what was refused was one request, which its caller could repeat to keep the endpoint out of use.
     */
    void recordServed() {
        if (rests > 0) {
            forgetRests();
        }
    }

    /** Ends the rest of an endpoint whose credentials were refused and have changed. */
    synchronized void onNewCredentials() {
        if (isUnauthorized) {
            forgetRests();
        }
    }

    private synchronized void forgetRests() {
        rests = 0;
        if (isUnauthorized) {
            isUnauthorized = false;
            isCooling = false;
        }
    }

    /** Sets the rest time that the endpoint asked for; the latest end time counts. */
    void restFor(long nowNanos, long nanos) {
        long until = nowNanos + nanos;
        if (!isCooling(nowNanos) || until - coolUntilNanos > 0) {
            coolUntilNanos = until;
            isCooling = true;
        }
    }

    /** Records bytes that belong to no response. */
    synchronized Unsolicited recordUnsolicited(long nowNanos) {
        if (!isReused(nowNanos)) {
            return Unsolicited.KNOWN;
        }
        boolean isRepeated = hasUnsolicited && nowNanos - unsolicitedNanos <= UNSOLICITED_WINDOW_NANOS;
        hasUnsolicited = true;
        unsolicitedNanos = nowNanos;
        if (isRepeated) {
            notReusedUntilNanos = nowNanos + NOT_REUSED_NANOS;
            isNotReused = true;
        }
        return isRepeated ? Unsolicited.REPEATED : Unsolicited.FIRST;
    }

    /** Returns whether a connection may carry another exchange. */
    boolean isReused(long nowNanos) {
        return !isNotReused || nowNanos - notReusedUntilNanos >= 0;
    }

    int inFlight() {
        return inFlight.get();
    }

    /** Returns the state as the admin page names it. */
    String state(long nowNanos) {
        if (isUnauthorized) {
            return "unauthorized";
        }
        if (isCooling(nowNanos)) {
            return "cooling";
        }
        if (ejections.get() == 0) {
            return "available";
        }
        return nowNanos - ejectedUntilNanos < 0 ? "ejected" : "half_open";
    }
}
