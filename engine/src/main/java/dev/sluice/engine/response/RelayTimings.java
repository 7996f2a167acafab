// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

/** A recorder of times while a response is relayed. Called on the exchange's loop, once per read; allocates nothing. */
public interface RelayTimings {
    /**
     * Records events.
     *
     * @param gapNanos the time since the previous events; 0 for the first ones of a stream
     * @param count    the number of events; all but the first of them followed at once
     */
    void onEvents(long gapNanos, long count);

    /**
     * Records the time that the relay itself adds to the latency of a read.
     *
     * @param nanos the time from the delivery of a read to the moment its bytes were handed to the system
     */
    void onAdded(long nanos);
}
