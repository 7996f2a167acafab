// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import io.netty.buffer.ByteBuf;

/**
 * A reused view of one read: its buffer, the runs of body bytes in it, and its raw framing, if any.
 *
 * <p>{@link TransferScanner#scan} fills it from HTTP/1.1 bytes; {@link #setWhole} fills it with bytes that are all
 * body, such as the payload of an HTTP/2 DATA frame. The receiver of a piece sees body bytes and does not need to know
 * the protocol. A sink that speaks HTTP/1.1 may use the raw framing to pass on the buffer unchanged.
 *
 * <p>The part that may be passed on raw never contains the end of the body, a trailer, a chunk extension, an
 * incomplete chunk CRLF, or a chunk-size line whose first data byte has not arrived. Such elements are held back, and
 * {@link #writeResumed} writes them in canonical form once they are complete. A downstream that received raw bytes only
 * is therefore always inside a chunk's data or between two chunks, so that the body can still be ended or aborted.
 *
 * <p><b>Threading:</b> confined to one event loop; one piece can serve all connections of a loop, because its contents
 * are valid only until the next read. <b>Ownership:</b> does not own the buffer. <b>Allocation:</b> none, once its run
 * list has grown to the largest read.
 */
public final class BodyPiece {
    private static final int NOTHING = 0;
    private static final int CRLF = 1;
    private static final int SIZE_LINE = 2;

    private final BodyRuns runs = new BodyRuns();
    private ByteBuf bytes;
    private boolean isChunked;
    private boolean isReframingNeeded;
    private boolean isAtChunkBoundary;
    private int rawStart;
    private int rawEnd;
    private int resumed;
    private long resumedSize;
    private boolean isMessages;
    private boolean isMessageBegun = true;
    private boolean isMessageEnded = true;

    /** Creates a piece without bytes. */
    public BodyPiece() {
    }

    /**
     * Makes all readable bytes of a buffer the body, without raw framing.
     *
     * @param whole borrowed; stays valid as long as the caller keeps it
     */
    public void setWhole(ByteBuf whole) {
        begin(whole, whole.readerIndex(), false);
        runs.add(whole.readerIndex(), whole.writerIndex());
    }

    /**
     * Begins a piece whose runs are whole messages, each of them an event without the framing of a stream. They are
     * added by {@link #addMessage}.
     *
     * @param read borrowed; stays valid as long as the caller keeps it
     */
    public void beginMessages(ByteBuf read) {
        begin(read, read.readerIndex(), false);
        isMessages = true;
    }

    /**
     * Adds a whole message to a piece of messages.
     *
     * @param from the index of its first byte
     * @param to   the index after its last byte; an empty message is not added
     */
    public void addMessage(int from, int to) {
        runs.add(from, to);
    }

    /**
     * Makes all readable bytes of a buffer a part of one message.
     *
     * @param part           borrowed; stays valid as long as the caller keeps it
     * @param beginsMessage  whether the message begins with these bytes
     * @param endsMessage    whether the message ends with these bytes
     */
    public void setMessagePart(ByteBuf part, boolean beginsMessage, boolean endsMessage) {
        beginMessages(part);
        runs.add(part.readerIndex(), part.writerIndex());
        isMessageBegun = beginsMessage;
        isMessageEnded = endsMessage;
    }

    /** Forgets the read before and begins with the next one. */
    void begin(ByteBuf read, int from, boolean hasChunks) {
        runs.clear();
        bytes = read;
        isChunked = hasChunks;
        isReframingNeeded = false;
        isAtChunkBoundary = false;
        rawStart = from;
        rawEnd = from;
        resumed = NOTHING;
        isMessages = false;
        isMessageBegun = true;
        isMessageEnded = true;
    }

    /** Notes that everything up to an index may be passed on raw. */
    void extendRaw(int index) {
        rawEnd = index;
    }

    /** Notes a chunk CRLF whose first part came with an earlier read; raw bytes begin behind it. */
    void resumeCrlf(int index) {
        resumeAt(index, CRLF, 0);
    }

    /** Notes a chunk-size line whose first part came with an earlier read; raw bytes begin behind it. */
    void resumeSizeLine(int index, long size) {
        resumeAt(index, SIZE_LINE, size);
    }

    private void resumeAt(int index, int element, long size) {
        resumed = element;
        resumedSize = size;
        rawStart = index;
        rawEnd = index;
    }

    /** Notes the scanner's position at the end of the read. */
    void finish(boolean mustReframe, boolean isBetweenChunks) {
        isReframingNeeded = mustReframe;
        isAtChunkBoundary = isBetweenChunks;
    }

    /** {@return the buffer that holds the runs} */
    public ByteBuf bytes() {
        return bytes;
    }

    /** {@return the index ranges of the body's bytes in the buffer} */
    public BodyRuns runs() {
        return runs;
    }

    /** {@return whether the runs are messages, or the only run is a part of one} */
    public boolean isMessages() {
        return isMessages;
    }

    /** {@return whether the first run begins a message; false for a later part of a long message} */
    public boolean isMessageBegun() {
        return isMessageBegun;
    }

    /** {@return whether the last run ends its message; false for an earlier part of a long message} */
    public boolean isMessageEnded() {
        return isMessageEnded;
    }

    /** {@return whether the read is framed in chunks, so that a part of the buffer may be passed on raw} */
    public boolean hasRawFraming() {
        return isChunked;
    }

    /** {@return the first index that may be passed on raw, after the bytes of {@link #writeResumed}} */
    public int rawStart() {
        return rawStart;
    }

    /** {@return the index after the last byte that may be passed on raw} */
    public int rawEnd() {
        return rawEnd;
    }

    /** {@return the number of bytes that {@link #writeResumed} writes; 0 for most reads} */
    public int resumedBytes() {
        return switch (resumed) {
            case CRLF -> 2;
            case SIZE_LINE -> ChunkHead.bytes(resumedSize);
            default -> 0;
        };
    }

    /**
     * Writes the framing element that earlier reads held back and this one completed.
     *
     * @param out borrowed; needs room for {@link #resumedBytes}
     */
    public void writeResumed(ByteBuf out) {
        if (resumed == CRLF) {
            ChunkHead.writeCrlf(out);
        } else if (resumed == SIZE_LINE) {
            ChunkHead.write(out, resumedSize);
        }
    }

    /** {@return whether a chunk extension was seen, so that runs from {@link #rawEnd} on are framed anew, for good} */
    public boolean isReframingNeeded() {
        return isReframingNeeded;
    }

    /** {@return whether the raw bytes passed on so far end between two chunks, not inside the data of one} */
    public boolean isAtChunkBoundary() {
        return isAtChunkBoundary;
    }
}
