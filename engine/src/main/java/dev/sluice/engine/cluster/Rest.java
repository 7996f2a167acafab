// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The rest of an endpoint, or of one model at an endpoint. After a rest one request goes there as a probe; the others
 * wait for its result elsewhere.
 *
 * <p>Thread-safe. A race costs at most one more probe.
 */
final class Rest {
    private final AtomicBoolean isProbed = new AtomicBoolean();
    private volatile RestPolicy.Cause cause = RestPolicy.Cause.NONE;
    private volatile boolean isSet;
    private volatile long untilNanos;
    private volatile long beganNanos;
    /** The number of rests since a request was last served. */
    private volatile int count;

    /** Returns whether the rest time has not passed. */
    boolean isResting(long nowNanos) {
        return isSet && nowNanos - untilNanos < 0;
    }

    /** Returns whether the next request may go there. */
    boolean isAvailable(long nowNanos) {
        return !isResting(nowNanos) && !(count > 0 && isProbed.get());
    }

    /** Returns the nanoseconds until the rest is over; 0 if it is. */
    long leftNanos(long nowNanos) {
        return isResting(nowNanos) ? untilNanos - nowNanos : 0;
    }

    RestPolicy.Cause cause() {
        return cause;
    }

    /**
     * Begins a rest, or extends it.
     *
     * @param namedNanos the time that the response names; 0 for none
     * @param maxNanos   the longest rest
     * @return whether there was no rest before
     */
    synchronized boolean begin(RestPolicy.Cause why, long namedNanos, long maxNanos, long nowNanos) {
        boolean isKnown = count > 0 && cause == why;
        if (isResting(nowNanos) && (namedNanos == 0 || isKnown)) { // it was in flight when the rest began
            extend(nowNanos, why.isOfModel() ? Math.min(namedNanos, maxNanos) : 0);
            return false;
        }
        beganNanos = nowNanos;
        boolean isNew = extend(nowNanos, Math.min(RestPolicy.restNanos(why, namedNanos, count), maxNanos));
        count++;
        cause = why;
        isProbed.set(false);
        return isNew;
    }

    /** Sets the end of the rest; the latest one counts. Returns whether there was no rest before. */
    synchronized boolean extend(long nowNanos, long nanos) {
        long until = nowNanos + nanos;
        boolean isNew = !isResting(nowNanos);
        if (isNew) {
            cause = RestPolicy.Cause.NONE;
        }
        if (isNew || until - untilNanos > 0) {
            untilNanos = until;
            isSet = true;
        }
        return isNew && nanos > 0;
    }

    /** Marks a request as the probe, if there was a rest. */
    void onRequest() {
        if (count > 0) {
            isProbed.set(true);
        }
    }

    /** Forgets the probe, because a request is over: a probe without a result is followed by another. */
    void onRequestOver() {
        if (isProbed.get()) {
            isProbed.set(false);
        }
    }

    /**
     * Forgets earlier rests, because a request was served that began after the latest one. A rest whose time was named
     * runs to its end.
     *
     * @return whether the request began after the latest rest
     */
    boolean onServed(long startedNanos) {
        if (count == 0) {
            return true;
        }
        if (startedNanos - beganNanos < 0) {
            return false; // the answer says nothing about the time after the rest began
        }
        forget();
        return true;
    }

    private synchronized void forget() {
        count = 0;
    }

    /** Ends the rest. */
    synchronized void end() {
        count = 0;
        isSet = false;
        cause = RestPolicy.Cause.NONE;
    }
}
