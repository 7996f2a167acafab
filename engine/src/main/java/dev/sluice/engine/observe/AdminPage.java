// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import java.io.IOException;
import java.io.OutputStream;

/** A page of the admin listener. It is written on a loop that relays nothing, which it must not block for long. */
public interface AdminPage {
    /** {@return the path, such as {@code /metrics}} */
    String path();

    /** {@return the Content-Type} */
    String contentType();

    /** {@return the status, usually 200} */
    default int status() {
        return 200;
    }

    /**
     * Writes the page.
     *
     * @param out the body of the response
     * @throws IOException if the page cannot be written
     */
    void write(OutputStream out) throws IOException;
}
