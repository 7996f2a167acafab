// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

/** What an exchange may ask of its downstream connection. Called on the connection's loop. */
public interface DownstreamPort {
    /** Asks for more of the request body; {@link RequestListener#onBody} or {@code onBodyEnd} follow. */
    void readBody();

    /** Closes the connection, or with HTTP/2 its stream, at once; what waits to be sent is dropped. */
    void closeNow();

    /** Returns what is spoken, by its name in ALPN (RFC 7301): for the log. */
    String protocol();

    /** Returns where the response goes. */
    ResponseWriter response();
}
