// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

/** Is told by an {@link EventScanner} of the events that may matter, and of every event's end. */
interface EventListener {
    /**
     * A data line begins, of an event whose type matters or is not known yet.
     *
     * @param nameType the type by the {@code event:} line; {@link EventType#OTHER} where that did not tell
     * @param isFirst  whether it is the event's first data line; a later one is joined to it by a line feed
     */
    void onDataLine(EventType nameType, boolean isFirst);

    /**
     * Bytes of that line.
     *
     * @param bytes borrowed
     * @return false where the rest of this event's data is of no interest
     */
    boolean onData(byte[] bytes, int from, int to);

    /**
     * An event with data has ended.
     *
     * @param wasOffered whether its data came through {@link #onData}; false for the types that are skipped
     */
    void onEvent(boolean wasOffered);
}
