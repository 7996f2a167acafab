// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import java.nio.charset.StandardCharsets;

/**
 * A writer of {@code keepalive} events, for downstreams that abort a silent stream. For them, data counts as activity
 * but a comment does not. The event repeats the sequence number of the event before it, so that later events keep their
 * own numbers.
 */
public final class KeepAliveEvent {
    private KeepAliveEvent() {
    }

    /**
     * Writes the event, with the stream's own line ends, and without a sequence number if the stream has none.
     *
     * @param stream the observer of the stream
     * @return the event with its blank line, in ASCII; null if no event can be added, because the stream is within an
     *         event, its first event has not arrived, it has a terminal event already, or the observer has given up
     */
    public static byte[] of(ResponseObserver stream) {
        if (!stream.isAtEventBoundary() || stream.events() == 0 || stream.terminal() != null || stream.hasGivenUp()) {
            return null;
        }
        String lineEnd = stream.lineEnd();
        long next = stream.nextSequenceNumber();
        String number = next < 1 ? "" : ",\"sequence_number\":" + (next - 1);
        return ("event: keepalive" + lineEnd + "data: {\"type\":\"keepalive\"" + number + '}' + lineEnd + lineEnd)
                .getBytes(StandardCharsets.US_ASCII);
    }
}
