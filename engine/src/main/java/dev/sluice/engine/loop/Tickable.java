// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

/** Something with deadlines: looks at the clock four times a second instead of owning a timer. */
public interface Tickable {
    /** Is called on the loop about every 250 ms while it is added to a {@link LoopTicker}. */
    void onTick(long nowNanos);
}
