// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import java.util.concurrent.atomic.AtomicLong;

/** A budget of bytes that all exchanges of a relay may hold together. Thread-safe. */
public final class MemoryBudget {
    private volatile long limitBytes;
    private final AtomicLong used = new AtomicLong();

    /** Creates a budget of {@code limitBytes} bytes. */
    public MemoryBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** Changes the limit. Reservations beyond a lower limit remain. */
    public void setLimit(long bytes) {
        limitBytes = bytes;
    }

    /** Reserves {@code bytes} if the budget allows it; returns whether it did. */
    public boolean tryReserve(long bytes) {
        if (used.addAndGet(bytes) <= limitBytes) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    /** Releases reserved bytes. */
    public void release(long bytes) {
        used.addAndGet(-bytes);
    }

    /**
     * {@return whether more than half of the budget is in use, so that held bytes should be sent as soon as possible}
     */
    public boolean isScarce() {
        return used.get() > limitBytes / 2;
    }

    /** {@return the number of reserved bytes} */
    public long usedBytes() {
        return used.get();
    }
}
