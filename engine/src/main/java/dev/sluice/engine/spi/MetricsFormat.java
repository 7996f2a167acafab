// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.io.IOException;
import java.io.OutputStream;

/** A format of the metrics page {@code /metrics} on the admin listener. */
public interface MetricsFormat {
    /** {@return the Content-Type of the page} */
    String contentType();

    /**
     * Writes the page. Not called on an event loop that relays.
     *
     * @param snapshot the metrics
     * @param out      receives the page
     * @throws IOException if writing to {@code out} fails
     */
    void write(MetricsSnapshot snapshot, OutputStream out) throws IOException;
}
