// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import java.nio.charset.StandardCharsets;

/**
 * An event that says nothing, for clients that give up on silence: comments do not count for them, data does. It
 * carries the number of the event before it, so that those that follow keep theirs.
 */
public final class KeepAliveEvent {
    private KeepAliveEvent() {
    }

    /**
     * Returns the event with its blank line, in the stream's own line ends; or null where the stream does not stand
     * where one can be added: not between two events, before {@code response.created}, no sequence number known, over
     * already, or not understood.
     *
     * @param stream what was observed of the stream
     */
    public static byte[] of(ResponseObserver stream) {
        if (!stream.isAtEventBoundary() || stream.responseId() == null || stream.nextSequenceNumber() < 1
                || stream.terminal() != null || stream.hasGivenUp()) {
            return null;
        }
        String lineEnd = stream.lineEnd();
        return ("event: keepalive" + lineEnd + "data: {\"type\":\"keepalive\",\"sequence_number\":"
                + (stream.nextSequenceNumber() - 1) + '}' + lineEnd + lineEnd).getBytes(StandardCharsets.US_ASCII);
    }
}
