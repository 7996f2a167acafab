// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import io.netty.channel.EventLoop;

/**
 * The timer that drives the deadlines of event loops. A test that replaces both the timer and the clock controls when
 * time passes.
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
}
