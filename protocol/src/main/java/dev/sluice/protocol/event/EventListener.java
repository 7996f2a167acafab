// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

/** A listener that receives the data of the events that may matter, and the end of every event with data. */
interface EventListener {
    /**
     * Called when a data line begins in an event whose type matters or is not known yet.
     *
     * @param nameType the type that the {@code event:} line states; {@link EventType#OTHER} if it has not been seen or
     *                 states no named type
     * @param isFirst  whether the line is the event's first data line; later ones are joined to it with a line feed
     */
    void onDataLine(EventType nameType, boolean isFirst);

    /**
     * Called with the next bytes of the current data line.
     *
     * @param bytes borrowed
     * @param from  index of the first byte
     * @param to    index after the last byte
     * @return false if the listener does not need the rest of this event's data
     */
    boolean onData(byte[] bytes, int from, int to);

    /**
     * Called when an event with data has ended.
     *
     * @param wasOffered whether its data was passed to this listener; false for an event that was skipped
     */
    void onEvent(boolean wasOffered);
}
