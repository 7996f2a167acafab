// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import dev.sluice.protocol.framing.BodyRuns;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;

/**
 * A reader of the first event of a stream, in the first bytes that arrive. It answers one question before anything is
 * passed on: does the stream begin with its failure?
 *
 * <p><b>Threading:</b> confined to one call. <b>Ownership:</b> borrows the buffer.
 */
public final class FirstEvent implements EventListener {
    /** The number of bytes that are looked at; the event of a failure is shorter. */
    private static final int MAX_BYTES = 16 * 1024;

    private final ByteArrayOutputStream data = new ByteArrayOutputStream(512);
    private EventType nameType = EventType.OTHER;
    private boolean isOver;

    private FirstEvent() {
    }

    /**
     * Returns the failure with which a stream begins.
     *
     * @param bytes borrowed; its indices do not change
     * @param runs  the ranges of the body's bytes in the buffer
     * @return the failure, or null if the first event is another one or is not complete
     */
    @SuppressWarnings("exports") // for the engine
    public static Failure failure(ByteBuf bytes, BodyRuns runs) {
        FirstEvent first = new FirstEvent();
        byte[] beginning = runs.copy(bytes, MAX_BYTES);
        new EventScanner(first, true).scan(beginning, 0, beginning.length);
        return first.data.size() == 0 ? null : Failure.ofEvent(first.nameType, first.data.toByteArray());
    }

    /**
     * Returns the failure that a message reports, which is an event without the framing of a stream.
     *
     * @param bytes borrowed; its indices do not change
     * @param from  the index of the first byte
     * @param to    the index after the last byte
     * @return the failure, or null if the message is another event or longer than a failure
     */
    public static Failure ofMessage(ByteBuf bytes, int from, int to) {
        if (to - from > MAX_BYTES || MessagePrefix.isPart(bytes, from, to)) {
            return null;
        }
        byte[] data = new byte[to - from];
        bytes.getBytes(from, data);
        return Failure.ofEvent(EventType.OTHER, data);
    }

    @Override
    public void onDataLine(EventType type, boolean isFirst) {
        if (isOver) {
            return;
        }
        nameType = type;
        if (!isFirst) {
            data.write('\n');
        }
    }

    @Override
    public boolean onData(byte[] bytes, int from, int to) {
        if (!isOver) {
            data.write(bytes, from, to - from);
        }
        return !isOver;
    }

    @Override
    public void onEvent(boolean wasOffered) {
        isOver = true;
    }
}
