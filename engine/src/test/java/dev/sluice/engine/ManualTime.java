// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.spi.LoopTimer;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The time of a relay under test: real time, plus the time that the test adds. In a test that calls
 * {@link #stopTicking} before the launch, deadlines and delays pass only in {@link #advance}.
 */
final class ManualTime implements LongSupplier, LoopTimer {
    private final AtomicLong addedNanos = new AtomicLong();
    private final List<Timer> timers = new CopyOnWriteArrayList<>();
    private final List<Delayed> delayed = new CopyOnWriteArrayList<>();
    private volatile boolean isTicking = true;

    @Override
    public long getAsLong() {
        return System.nanoTime() + addedNanos.get();
    }

    /** Leaves all deadlines and delays to {@link #advance}. */
    void stopTicking() {
        isTicking = false;
    }

    @Override
    public Runnable start(EventLoop loop, Runnable tick) {
        Timer timer = new Timer(loop, tick);
        timers.add(timer);
        Runnable stop = isTicking ? LoopTicker.startTimer(loop, tick) : () -> { };
        return () -> {
            timers.remove(timer);
            stop.run();
        };
    }

    /**
     * Lets time pass. Deadlines are checked before and after, because some remember a value at one check and compare it
     * at the next. Delayed tasks run when they are due. Before this method returns, the relay has written everything
     * that it sends as a result.
     */
    void advance(Duration time) {
        tick();
        addedNanos.addAndGet(time.toNanos());
        tick();
        for (Delayed each : delayed) {
            if (each.dueNanos - getAsLong() <= 0 && delayed.remove(each)) {
                each.loop.submit(each.task).syncUninterruptibly();
            }
        }
    }

    /** Waits until the loops have read what their peers have sent before: a loop reads first and then runs tasks. */
    void settle() {
        advance(Duration.ZERO);
    }

    /**
     * Keeps all loops busy, so that what their peers send meanwhile waits in the kernel.
     *
     * @return lets the loops go on
     */
    Runnable hold() throws InterruptedException {
        CountDownLatch isHeld = new CountDownLatch(timers.size());
        CountDownLatch isOver = new CountDownLatch(1);
        for (Timer timer : timers) {
            timer.loop.execute(() -> {
                isHeld.countDown();
                try {
                    isOver.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt(); // the loop is being closed
                }
            });
        }
        isHeld.await();
        return isOver::countDown;
    }

    @Override
    public Runnable schedule(EventLoop loop, Runnable task, long delayNanos) {
        if (isTicking) {
            return LoopTimer.super.schedule(loop, task, delayNanos);
        }
        Delayed added = new Delayed(loop, task, getAsLong() + delayNanos);
        delayed.add(added);
        return () -> delayed.remove(added);
    }

    private void tick() {
        for (Timer timer : timers) {
            timer.loop.submit(timer.tick).syncUninterruptibly();
        }
    }

    private record Timer(EventLoop loop, Runnable tick) {
    }

    private record Delayed(EventLoop loop, Runnable task, long dueNanos) {
    }
}
