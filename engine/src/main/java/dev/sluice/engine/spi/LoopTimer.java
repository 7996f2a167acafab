// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The timer that drives the deadlines and delays of event loops. A test that replaces both the timer and the clock
 * controls when time passes.
 */
@FunctionalInterface
public interface LoopTimer {
    /**
     * Starts a timer that runs the tick of an event loop about every 250 ms.
     *
     * @param loop the event loop
     * @param tick handles all deadlines of the loop that have passed on the relay's clock; must run on the loop
     * @return an action that stops the timer; called on the loop
     */
    Runnable start(EventLoop loop, Runnable tick);

    /**
     * Runs a task once, after a delay that is too short for ticks. By default, the event loop itself measures it.
     *
     * @param loop       the event loop
     * @param task       must run on the loop
     * @param delayNanos the delay in nanoseconds
     * @return an action that cancels the task; called on the loop, and without effect after the task has run
     */
    default Runnable schedule(EventLoop loop, Runnable task, long delayNanos) {
        Future<?> scheduled = loop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
    }
}
