// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

/**
 * The reason why an attempt was lost after it had its connection.
 *
 * @param kind             the event that ended the attempt
 * @param isReused         whether the connection had carried an exchange before
 * @param isRequestWritten whether the whole request was written to the connection
 * @param hasResponseBytes whether any byte of a response had arrived
 * @param detail           a phrase for the log; never a byte of either body
 */
public record AttemptFailure(Kind kind, boolean isReused, boolean isRequestWritten, boolean hasResponseBytes,
        String detail) {

    /** The event that ended an attempt. */
    public enum Kind {
        /** The upstream closed or reset the connection. */
        CLOSED,
        /** The upstream did not process the request: REFUSED_STREAM, or a stream above GOAWAY's last one. */
        REFUSED,
        /** The upstream reset the request's stream; its connection stays open. */
        RESET,
        /** The response is not HTTP, or it is ambiguous. */
        MALFORMED
    }
}
