// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Waits for what another thread or process does. The bound is for a defect: it is longer than a busy machine needs. */
public final class Await {
    private static final Duration BOUND = Duration.ofSeconds(60);

    private Await() {
    }

    /**
     * Waits until a condition holds.
     *
     * @param what      the condition, for the message of the failure
     * @param condition is looked at every few milliseconds
     * @throws AssertionError if it does not hold within a minute
     */
    public static void until(String what, Callable<Boolean> condition) throws Exception {
        long deadlineNanos = System.nanoTime() + BOUND.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new AssertionError("not within " + BOUND.toSeconds() + " s: " + what);
            }
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    /**
     * Waits until a number has stopped to grow: a kernel's buffers are full, and nothing tells when. A machine that
     * stands still meanwhile ends the wait early, so what follows must hold at any value.
     *
     * @param number is looked at ten times a second
     */
    public static void untilSteady(Callable<Long> number) throws Exception {
        long last = -1;
        int steady = 0;
        for (int i = 0; i < 600 && steady < 3; i++) {
            long now = number.call();
            steady = now == last ? steady + 1 : 0;
            last = now;
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }
}
