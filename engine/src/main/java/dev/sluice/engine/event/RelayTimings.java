// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.event;

/** Is told how long things take while a response is relayed. Called on the exchange's loop. */
public interface RelayTimings {
    /** Events came {@code gapNanos} after the ones before; the second of one read, and so on, came at once. */
    void onEvents(long gapNanos, long count);

    /** From the moment a read was handed to the relay to the moment its bytes were handed to the system. */
    void onAdded(long nanos);
}
