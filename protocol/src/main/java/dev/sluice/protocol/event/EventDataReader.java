// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import io.netty.buffer.ByteBuf;

/**
 * A reader of the data of every event of a stream (WHATWG HTML section 9.2.6), without the field names, comments and
 * line ends around it. The stream may be split at any byte.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> borrows the buffers that it reads.
 * <b>Allocation per event:</b> none.
 */
public final class EventDataReader {
    private static final byte[] LINE_FEED = {'\n'};

    private final Listener listener;
    private final EventScanner scanner = new EventScanner(new Adapter(), true);
    private EventType nameType = EventType.OTHER;

    /**
     * Creates a reader for the beginning of a stream.
     *
     * @param listener receives the data
     */
    public EventDataReader(Listener listener) {
        this.listener = listener;
    }

    /**
     * Reads the next bytes of the stream.
     *
     * @param bytes   borrowed; its indices do not change
     * @param from    the index of the first byte
     * @param to      the index after the last byte
     * @param scratch a work array of at least 1 byte; may be shared by all readers of one thread
     */
    public void read(ByteBuf bytes, int from, int to, byte[] scratch) {
        for (int i = from; i < to; i += scratch.length) {
            int step = Math.min(scratch.length, to - i);
            bytes.getBytes(i, scratch, 0, step);
            scanner.scan(scratch, 0, step);
        }
    }

    /** {@return whether the bytes so far end between two events} */
    public boolean isAtEventBoundary() {
        return scanner.isAtEventBoundary();
    }

    /** The receiver of the data. */
    public interface Listener {
        /**
         * Receives the next bytes of the data of the current event; the lines of one event are joined by line feeds.
         *
         * @param bytes borrowed
         * @param from  the index of the first byte
         * @param to    the index after the last byte
         */
        void onData(byte[] bytes, int from, int to);

        /**
         * Marks the end of an event with data.
         *
         * @param name the type that its {@code event:} line states before the data; {@link EventType#OTHER} for none
         */
        void onEventEnd(EventType name);
    }

    private final class Adapter implements EventListener {
        @Override
        public void onDataLine(EventType type, boolean isFirst) {
            if (isFirst) {
                nameType = type;
            } else {
                listener.onData(LINE_FEED, 0, 1);
            }
        }

        @Override
        public boolean onData(byte[] bytes, int from, int to) {
            listener.onData(bytes, from, to);
            return true;
        }

        @Override
        public void onEvent(boolean wasOffered) {
            listener.onEventEnd(nameType);
        }
    }
}
