// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.io.IOException;
import java.io.OutputStream;

/** A format of the metrics page {@code /metrics} on the admin listener. */
public interface MetricsFormat {
    /**
     * Returns the Content-Type of the page.
     *
     * @param accept the formats that the scraper accepts, as the header {@code accept} of its request; empty for any
     * @return the Content-Type of the format that {@link #write} chooses
     */
    String contentType(String accept);

    /**
     * Writes the page. Not called on an event loop that relays.
     *
     * @param snapshot the metrics
     * @param accept   as for {@link #contentType}
     * @param out      receives the page
     * @throws IOException if writing to {@code out} fails
     */
    void write(MetricsSnapshot snapshot, String accept, OutputStream out) throws IOException;
}
