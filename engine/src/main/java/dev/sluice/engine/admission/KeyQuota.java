// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import dev.sluice.engine.config.KeyLimits;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestQuota;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A quota that counts in memory: requests in flight per caller, and token buckets for requests and tokens per minute.
 *
 * <p><b>Threading:</b> any. The counts of a caller are locked while they change, twice per exchange.
 */
final class KeyQuota implements RequestQuota {
    private static final int MAX_IDLE_CALLERS = 10_000;
    private static final double MINUTE_NANOS = 60e9;
    private static final long SWEEP_NANOS = (long) 1e9;

    private final LongSupplier clock;
    private final AtomicLong sweptNanos = new AtomicLong();
    private final Map<String, Account> accounts = new ConcurrentHashMap<>();

    KeyQuota(LongSupplier clock) {
        this.clock = clock;
    }

    @Override
    public void admit(Principal caller, Answer answer) {
        KeyLimits limits = caller.limits();
        if (limits.equals(KeyLimits.NONE)) {
            answer.admit();
            return;
        }
        long now = clock.getAsLong();
        long swept = sweptNanos.get();
        if (accounts.size() > MAX_IDLE_CALLERS && now - swept > SWEEP_NANOS && sweptNanos.compareAndSet(swept, now)) {
            accounts.values().removeIf(account -> account.isIdle(now));
        }
        Refusal refusal = null;
        boolean isCounted = false;
        while (!isCounted) { // an account that was removed meanwhile must not be counted on
            Account account = accounts.computeIfAbsent(caller.name(), name -> new Account(clock.getAsLong()));
            synchronized (account) {
                if (!account.isRemoved) {
                    refusal = account.take(limits, clock.getAsLong());
                    isCounted = true;
                }
            }
        }
        if (refusal == null) {
            answer.admit();
        } else {
            answer.refuse(refusal.reason, Duration.ofNanos(refusal.nanos));
        }
    }

    @Override
    public void settle(Principal caller, long tokens) {
        Account account = accounts.get(caller.name());
        if (account != null && !caller.limits().equals(KeyLimits.NONE)) {
            account.settle(caller.limits().tokensPerMinute() > 0 ? tokens : 0);
        }
    }

    private record Refusal(String reason, long nanos) {
    }

    private static final class Account {
        private int inFlight;
        private double requestsUsed;
        private double tokensUsed;
        private long tokensPerMinute;
        private long sinceNanos;
        private boolean isRemoved;

        Account(long now) {
            sinceNanos = now;
        }

        /** Counts a request and returns null, or returns the refusal if a limit is reached. */
        Refusal take(KeyLimits limits, long now) {
            double minutes = Math.max(0, now - sinceNanos) / MINUTE_NANOS;
            sinceNanos = now;
            requestsUsed = Math.max(0, requestsUsed - minutes * limits.requestsPerMinute());
            tokensUsed = Math.max(0, tokensUsed - minutes * limits.tokensPerMinute());
            tokensPerMinute = limits.tokensPerMinute();
            if (limits.maxInFlight() > 0 && inFlight >= limits.maxInFlight()) {
                return new Refusal("This API key has " + limits.maxInFlight()
                        + " requests in flight, which is its limit",
                        (long) 1e9);
            }
            if (limits.requestsPerMinute() > 0 && requestsUsed + 1 > limits.requestsPerMinute()) {
                return new Refusal("This API key may make " + limits.requestsPerMinute() + " requests a minute",
                        (long) ((requestsUsed + 1 - limits.requestsPerMinute()) / limits.requestsPerMinute()
                                * MINUTE_NANOS));
            }
            if (limits.tokensPerMinute() > 0 && tokensUsed >= limits.tokensPerMinute()) {
                return new Refusal("This API key may use " + limits.tokensPerMinute() + " tokens a minute",
                        (long) ((tokensUsed - limits.tokensPerMinute() + 1) / limits.tokensPerMinute()
                                * MINUTE_NANOS));
            }
            inFlight++;
            requestsUsed += limits.requestsPerMinute() > 0 ? 1 : 0;
            return null;
        }

        synchronized void settle(long tokens) {
            inFlight--;
            tokensUsed += tokens;
        }

        /**
         * Marks an account without any use left as removed, and returns whether it did. A minute refills all requests,
         * but not always all tokens.
         */
        synchronized boolean isIdle(long now) {
            double minutes = (now - sinceNanos) / MINUTE_NANOS;
            isRemoved = inFlight == 0 && minutes > 1 && tokensUsed <= minutes * tokensPerMinute;
            return isRemoved;
        }
    }
}
