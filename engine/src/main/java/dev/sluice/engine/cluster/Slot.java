// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

/**
 * A request in flight at an endpoint. It counts toward the endpoint's limit and load until it is closed.
 *
 * <p><b>Threading:</b> acquired and closed on the exchange's loop; all loops share the endpoint's counts.
 */
public final class Slot implements AutoCloseable {
    private final Endpoint endpoint;
    private final String model;
    private boolean isClosed;

    Slot(Endpoint endpoint, String model) {
        this.endpoint = endpoint;
        this.model = model;
    }

    /** {@return the endpoint that was chosen} */
    public Endpoint endpoint() {
        return endpoint;
    }

    /** {@return the model's name upstream, or null if the request has none} */
    public String model() {
        return model;
    }

    /** {@return whether the slot was released} */
    public boolean isClosed() {
        return isClosed;
    }

    /** Releases the slot; idempotent. */
    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            endpoint.health().releaseSlot(model);
        }
    }
}
