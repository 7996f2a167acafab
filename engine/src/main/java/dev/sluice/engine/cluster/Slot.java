// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

/**
 * A request in flight at an endpoint: it counts against the endpoint's limit and load until it is closed.
 *
 * <p><b>Threading:</b> acquired and closed on the exchange's loop; the endpoint's counts are shared by all loops.
 */
public final class Slot implements AutoCloseable {
    private final Endpoint endpoint;
    private boolean isClosed;

    Slot(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    /** {@return the endpoint that was chosen} */
    public Endpoint endpoint() {
        return endpoint;
    }

    /** {@return whether the slot was given back} */
    public boolean isClosed() {
        return isClosed;
    }

    /** Gives the slot back; idempotent. */
    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            endpoint.health().releaseSlot();
        }
    }
}
