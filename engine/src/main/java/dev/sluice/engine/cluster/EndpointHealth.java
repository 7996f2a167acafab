// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import dev.sluice.engine.config.HealthConfig;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

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
    private static final int MAX_MODELS = 256;

    private final HealthConfig config;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger failedConnects = new AtomicInteger();
    private final AtomicInteger ejections = new AtomicInteger();
    private final AtomicBoolean isProbed = new AtomicBoolean();
    private volatile long ejectedUntilNanos;
    private volatile long suspectedUntilNanos;
    private volatile boolean isSuspected;
    /** The rest of the whole endpoint. */
    private final Rest rest = new Rest();
    /** The rests of single models, by the name that the endpoint knows; a bounded number, since callers name models. */
    private final ConcurrentHashMap<String, Rest> models = new ConcurrentHashMap<>();
    private final Map<EndpointStatus.Cause, LongAdder> begun = new EnumMap<>(EndpointStatus.Cause.class);
    private volatile boolean isUnauthorized;
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
        for (EndpointStatus.Cause cause : EndpointStatus.Cause.values()) {
            begun.put(cause, new LongAdder());
        }
    }

    /**
     * Returns whether the next request may go to the endpoint.
     *
     * @param model the model's name upstream; null if the request has none
     */
    boolean isAvailable(String model, long nowNanos) {
        return rest.isAvailable(nowNanos) && !isEjectedOrProbed(nowNanos) && isModelAvailable(model, nowNanos);
    }

    private boolean isModelAvailable(String model, long nowNanos) {
        Rest ofModel = restOf(model);
        return ofModel == null || ofModel.isAvailable(nowNanos);
    }

    private Rest restOf(String model) {
        return models.isEmpty() ? null : models.get(key(model));
    }

    private static String key(String model) {
        return model == null ? "" : model;
    }

    /** Returns whether the endpoint is ejected or is being probed. */
    boolean isEjectedOrProbed(long nowNanos) {
        return isEjected(nowNanos) || ejections.get() > 0 && isProbed.get();
    }

    /** Returns whether the endpoint is ejected and the time to probe it has not come. */
    boolean isEjected(long nowNanos) {
        return ejections.get() > 0 && nowNanos - ejectedUntilNanos < 0;
    }

    /** Returns whether the endpoint, or the model there, rests. */
    boolean isResting(String model, long nowNanos) {
        Rest ofModel = restOf(model);
        return rest.isResting(nowNanos) || ofModel != null && ofModel.isResting(nowNanos);
    }

    /** Returns the nanoseconds until the endpoint is neither ejected nor resting for the model. */
    long leftNanos(String model, long nowNanos) {
        Rest ofModel = restOf(model);
        return Math.max(ownLeftNanos(nowNanos), ofModel == null ? 0 : ofModel.leftNanos(nowNanos));
    }

    /** Returns the nanoseconds until the endpoint is neither ejected nor resting for every model. */
    long ownLeftNanos(long nowNanos) {
        long ejectedNanos = isEjected(nowNanos) ? ejectedUntilNanos - nowNanos : 0;
        return Math.max(ejectedNanos, rest.leftNanos(nowNanos));
    }

    /** Lets one failure eject the endpoint for a while, because it has failed for another relay. */
    void suspect(long nowNanos, long nanos) {
        suspectedUntilNanos = nowNanos + Math.min(nanos, config.maxEjection().toNanos());
        isSuspected = true;
    }

    private int maxFailures(long nowNanos) {
        return isSuspected && nowNanos - suspectedUntilNanos < 0 ? 1 : config.maxFailures();
    }

    /**
     * Acquires a slot for a request; returns whether one was free.
     *
     * @param limit the maximum number of requests in flight; 0 for none
     */
    boolean tryAcquireSlot(String model, int limit) {
        if (inFlight.incrementAndGet() > limit && limit > 0) {
            inFlight.decrementAndGet();
            return false;
        }
        if (ejections.get() > 0) {
            isProbed.set(true);
        }
        rest.onRequest();
        Rest ofModel = restOf(model);
        if (ofModel != null) {
            ofModel.onRequest();
        }
        return true;
    }

    /** Releases the slot of a request that is over. */
    void releaseSlot(String model) {
        inFlight.decrementAndGet();
        isProbed.set(false); // a probe without a result is followed by another
        rest.onRequestOver();
        Rest ofModel = restOf(model);
        if (ofModel != null) {
            ofModel.onRequestOver();
        }
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
        if (failures.incrementAndGet() < maxFailures(nowNanos) && !isRateOver && !wasEjected) {
            return;
        }
        eject(nowNanos);
    }

    private synchronized void eject(long nowNanos) {
        if (isEjected(nowNanos)) {
            return; // a request that was in flight at the ejection
        }
        count(true, EndpointStatus.Cause.FAILURES);
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
     * Lets the endpoint, or a model there, rest after a response that refuses more than one request.
     *
     * @param namedNanos the time that the response names; 0 for none
     * @return whether credentials were refused that were not known to be refused
     */
    boolean rest(RestPolicy.Cause cause, String model, long namedNanos, long nowNanos) {
        long maxNanos = config.maxRest().toNanos();
        if (cause.isOfModel()) {
            count(makeRestOf(model, nowNanos).begin(cause, namedNanos, maxNanos, nowNanos),
                    EndpointStatus.Cause.of(cause, true));
            return false;
        }
        count(rest.begin(cause, namedNanos, maxNanos, nowNanos), EndpointStatus.Cause.of(cause, false));
        boolean isNew = cause == RestPolicy.Cause.CREDENTIALS && !isUnauthorized;
        isUnauthorized = cause == RestPolicy.Cause.CREDENTIALS;
        return isNew;
    }

    /** Returns the rest of a model. If too many models rest, the rest that ends first is forgotten. */
    private Rest makeRestOf(String model, long nowNanos) {
        Rest known = models.get(key(model));
        if (known != null) {
            return known;
        }
        if (models.size() >= MAX_MODELS) {
            models.entrySet().stream().min(Comparator.comparingLong(each -> each.getValue().leftNanos(nowNanos)))
                    .ifPresent(first -> models.remove(first.getKey(), first.getValue()));
        }
        return models.computeIfAbsent(key(model), name -> new Rest());
    }

    /**
     * Forgets earlier rests, because the endpoint has served a request. A rest because of refused credentials ends;
     * otherwise a caller could keep the endpoint out of use by repeating one request that is refused. The count of
     * rests goes on if the request began before the latest rest.
     *
     * @param startedNanos the time at which the request began
     */
    void recordServed(String model, long startedNanos, long nowNanos) {
        rest.onServed(startedNanos);
        if (isUnauthorized) {
            onNewCredentials();
        }
        Rest ofModel = restOf(model);
        if (ofModel != null && ofModel.onServed(startedNanos) && !ofModel.isResting(nowNanos)) {
            models.remove(key(model), ofModel);
        }
    }

    boolean isUnauthorized() {
        return isUnauthorized;
    }

    /** Ends the rest of an endpoint whose credentials were refused and have changed. */
    synchronized void onNewCredentials() {
        if (isUnauthorized) {
            isUnauthorized = false;
            rest.end();
        }
    }

    /** Sets the rest time that the endpoint asked for; the latest end time counts. */
    void restFor(long nowNanos, long nanos) {
        count(rest.extend(nowNanos, Math.min(nanos, config.maxRest().toNanos())), EndpointStatus.Cause.ASKED);
    }

    /** Sets the rest time of a model whose limit is used up, or that the endpoint asked for; the latest counts. */
    void restFor(String model, long nowNanos, long nanos) {
        count(makeRestOf(model, nowNanos).extend(nowNanos, Math.min(nanos, config.maxRest().toNanos())),
                EndpointStatus.Cause.RATE_LIMIT);
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

    /** Records a failed connect; returns the number of those since the last connection. */
    int recordUnreachable() {
        return failedConnects.incrementAndGet();
    }

    /** Records a connection; returns the number of failed connects before it. */
    int recordReached() {
        return failedConnects.get() == 0 ? 0 : failedConnects.getAndSet(0);
    }

    int inFlight() {
        return inFlight.get();
    }

    /** Returns why requests stay away, the whole endpoint first. */
    List<EndpointStatus.Wait> waits(long nowNanos) {
        List<EndpointStatus.Wait> waits = new ArrayList<>();
        if (isEjected(nowNanos)) {
            waits.add(new EndpointStatus.Wait(null, EndpointStatus.Cause.FAILURES, ejectedUntilNanos - nowNanos));
        }
        if (rest.isResting(nowNanos)) {
            waits.add(wait(null, rest, nowNanos));
        }
        new TreeMap<>(models).forEach((model, ofModel) -> {
            if (ofModel.isResting(nowNanos)) {
                waits.add(wait(model, ofModel, nowNanos));
            }
        });
        return waits;
    }

    private static EndpointStatus.Wait wait(String model, Rest rest, long nowNanos) {
        return new EndpointStatus.Wait(model, EndpointStatus.Cause.of(rest.cause(), model != null),
                rest.leftNanos(nowNanos));
    }

    private void count(boolean isBegun, EndpointStatus.Cause cause) {
        if (isBegun) {
            begun.get(cause).increment();
        }
    }

    /** Returns how often the endpoint has begun to rest, by the cause. */
    Map<EndpointStatus.Cause, Long> begun() {
        Map<EndpointStatus.Cause, Long> counts = new EnumMap<>(EndpointStatus.Cause.class);
        begun.forEach((cause, count) -> counts.put(cause, count.sum()));
        return counts;
    }

    /** Returns the state as the admin page names it. */
    String state(long nowNanos) {
        if (isUnauthorized) {
            return "unauthorized";
        }
        if (rest.isResting(nowNanos) || models.values().stream().anyMatch(each -> each.isResting(nowNanos)
                && each.cause() != RestPolicy.Cause.MODEL_MISSING)) {
            return "cooling";
        }
        if (ejections.get() == 0) {
            return "available";
        }
        return nowNanos - ejectedUntilNanos < 0 ? "ejected" : "half_open";
    }
}
