// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.io.IOException;
import java.io.OutputStream;

/** Writes metrics for the admin listener's {@code /metrics}. */
public interface MetricsFormat {
    /** Returns the Content-Type of what {@link #write} writes. */
    String contentType();

    /** Writes a snapshot; not on an event loop that relays. */
    void write(MetricsSnapshot snapshot, OutputStream out) throws IOException;
}
