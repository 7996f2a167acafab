// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

/** An object with deadlines that checks the clock four times per second instead of owning a timer. */
public interface Tickable {
    /** Checks the deadlines. Called on the loop about every 250 ms while the object is in a {@link LoopTicker}. */
    void onTick(long nowNanos);
}
