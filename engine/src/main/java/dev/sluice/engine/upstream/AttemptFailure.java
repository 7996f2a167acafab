// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

/**
 * Why an attempt was lost after its connection stood.
 *
 * @param kind       what happened
 * @param isReused   whether the connection had carried an exchange before
 * @param isRequestWritten whether all of the request had been handed to the connection
 * @param hasResponseBytes whether any byte of a response had come
 * @param detail     for the log; never a byte of either body
 */
public record AttemptFailure(Kind kind, boolean isReused, boolean isRequestWritten, boolean hasResponseBytes,
        String detail) {

    /** What can happen to a connection. */
    public enum Kind {
        /** The upstream closed or reset it. */
        CLOSED,
        /** The upstream says that it has not processed the request: REFUSED_STREAM, or above GOAWAY's last stream. */
        REFUSED,
        /** The upstream reset the request's stream; its connection goes on. */
        RESET,
        /** What came is not HTTP, or ambiguous. */
        MALFORMED
    }
}
