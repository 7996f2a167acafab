// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import dev.sluice.engine.spi.LoopTimer;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only timer of an event loop. All objects with deadlines are linked into its list and called about every 250 ms,
 * so that there is no timer object per exchange and no timer operation per event.
 *
 * <p><b>Threading:</b> confined to its loop. The timer runs only while the list is not empty.
 */
public final class LoopTicker {
    private static final Logger LOG = LoggerFactory.getLogger(LoopTicker.class);
    private static final long TICK_MILLIS = 250;

    private final EventLoop loop;
    private final LongSupplier clock;
    private final LoopTimer timer;
    private final Entry head = new Entry(null);
    private Runnable stopTimer;
    private Entry next;

    /**
     * Creates a ticker with an empty list.
     *
     * @param loop  the event loop that runs everything in the list
     * @param clock nanoseconds since an arbitrary origin
     * @param timer runs the ticks while the list is not empty
     */
    public LoopTicker(EventLoop loop, LongSupplier clock, LoopTimer timer) {
        this.loop = loop;
        this.clock = clock;
        this.timer = timer;
        head.previous = head;
        head.following = head;
    }

    /**
     * Starts a timer of the event loop itself. This method is the {@link LoopTimer} of a relay without another one.
     *
     * @param loop the event loop
     * @param tick runs every 250 ms
     * @return an action that stops the timer
     */
    public static Runnable startTimer(EventLoop loop, Runnable tick) {
        Future<?> timer = loop.scheduleAtFixedRate(tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        return () -> timer.cancel(false);
    }

    /** {@return the current time in nanoseconds since an arbitrary origin} */
    public long nanoTime() {
        return clock.getAsLong();
    }

    /**
     * Runs a task once, after a delay that is too short for ticks.
     *
     * @param task       runs on the loop
     * @param delayNanos the delay in nanoseconds
     * @return an action that cancels the task
     */
    public Runnable schedule(Runnable task, long delayNanos) {
        return timer.schedule(loop, task, delayNanos);
    }

    /** Adds an object to the list and returns its entry, which {@link #remove} takes. */
    public Entry add(Tickable tickable) {
        Entry entry = new Entry(tickable);
        entry.previous = head.previous;
        entry.following = head;
        head.previous.following = entry;
        head.previous = entry;
        if (stopTimer == null) {
            stopTimer = timer.start(loop, this::tick);
        }
        return entry;
    }

    /** Removes an entry; idempotent. */
    public void remove(Entry entry) {
        if (entry.following == null) {
            return;
        }
        if (entry == next) {
            next = entry.following;
        }
        entry.previous.following = entry.following;
        entry.following.previous = entry.previous;
        entry.previous = null;
        entry.following = null;
        if (head.following == head && stopTimer != null) {
            stopTimer.run();
            stopTimer = null;
        }
    }

    private void tick() {
        long now = clock.getAsLong();
        Entry current = head.following;
        while (current != head) {
            next = current.following; // a tick may remove any entry, including this one and the next
            try {
                current.tickable.onTick(now);
            } catch (RuntimeException e) {
                // Caught, because a timer whose task throws never runs again.
                LOG.error("tick failed; the other deadlines of the loop are still handled", e);
            }
            current = next;
        }
        next = null;
    }

    /** An entry of the list. */
    public static final class Entry {
        private final Tickable tickable;
        private Entry previous;
        private Entry following;

        private Entry(Tickable tickable) {
            this.tickable = tickable;
        }
    }
}
