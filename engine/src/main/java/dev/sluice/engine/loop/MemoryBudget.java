// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import java.util.concurrent.atomic.AtomicLong;

/** A number of bytes that all exchanges of a relay may hold together. Thread-safe. */
public final class MemoryBudget {
    private volatile long limitBytes;
    private final AtomicLong used = new AtomicLong();

    /** Creates a budget. */
    public MemoryBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** Changes the limit; what is in use beyond it stays. */
    public void setLimit(long bytes) {
        limitBytes = bytes;
    }

    /** Takes {@code bytes} out of the budget if they are there; returns whether they were. */
    public boolean tryReserve(long bytes) {
        if (used.addAndGet(bytes) <= limitBytes) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    /** Gives bytes back. */
    public void release(long bytes) {
        used.addAndGet(-bytes);
    }

    /** Returns whether more than half of it is in use: whatever can be sent on should be. */
    public boolean isScarce() {
        return used.get() > limitBytes / 2;
    }

    /** Returns how many bytes are in use. */
    public long usedBytes() {
        return used.get();
    }
}
