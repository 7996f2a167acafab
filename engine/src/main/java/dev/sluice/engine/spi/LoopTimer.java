// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import io.netty.channel.EventLoop;

/**
 * The timer that drives the deadlines of event loops. A test that replaces it, together with the clock, decides when
 * time passes.
 */
@FunctionalInterface
public interface LoopTimer {
    /**
     * Starts to run the tick of an event loop, about every 250 ms and on that loop.
     *
     * @param loop the event loop
     * @param tick handles all deadlines of the loop that are over by the relay's clock; must run on the loop
     * @return stops the timer; called on the loop
     */
    Runnable start(EventLoop loop, Runnable tick);
}
