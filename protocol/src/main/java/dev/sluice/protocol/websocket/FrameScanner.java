// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A resumable scanner of the frames of one direction of a connection (RFC 6455 section 5). It reports the payload of
 * data frames as it arrives and control frames as a whole, and unmasks in place.
 *
 * <p>Strict: reserved bits and opcodes, a control frame that is fragmented or longer than 125 bytes, a length that is
 * not in its shortest form, a continuation of nothing, and a new message within a fragmented one are status 1002, and
 * so is a frame that is masked though it comes from a server, or not masked though it comes from a client. A message
 * beyond its limits is status 1009.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> borrows the buffer, and changes masked payload in
 * it. <b>Allocation:</b> none, besides one buffer of 125 bytes for control frames.
 */
public final class FrameScanner {
    /** The opcode of a frame that continues a message. */
    public static final int CONTINUATION = 0;
    /** The opcode of the first frame of a text message. */
    public static final int TEXT = 1;
    /** The opcode of the first frame of a binary message. */
    public static final int BINARY = 2;
    /** The opcode of a close frame. */
    public static final int CLOSE = 8;
    /** The opcode of a ping frame. */
    public static final int PING = 9;
    /** The opcode of a pong frame. */
    public static final int PONG = 10;

    /** The value of the short length that announces 16 more bits. */
    static final int LENGTH_16 = 126;
    /** The value of the short length that announces 64 more bits. */
    static final int LENGTH_64 = 127;

    private static final int MAX_SHORT = 0xffff;
    private static final int FINAL = 0x80;
    private static final int RESERVED = 0x70;
    private static final int OPCODE = 0x0f;
    private static final int KEY_BYTES = 4;

    private final boolean isMasked;
    private final long maxMessageBytes;
    private final int maxFrames;
    private final ByteBuf control = Unpooled.buffer(FrameWriter.MAX_CONTROL_BYTES, FrameWriter.MAX_CONTROL_BYTES);

    private State state = State.OPCODE;
    private int frameOpcode;
    private boolean isFinal;
    private int missingHeadBytes;
    private int shortLength;
    private long length;
    private int key;
    private long payloadBytes;

    /** The opcode of the message whose frames are arriving; 0 between two messages. */
    private int messageOpcode;
    private boolean isMessageBegun;
    private long messageBytes;
    private int messageFrames;

    private int from;
    private int to;
    private int messageType;
    private boolean isMessageBegin;
    private boolean isMessageEnd;

    /**
     * Creates a scanner for the beginning of a connection.
     *
     * @param isMasked        whether the sender must mask its frames: true for a client, false for a server
     * @param maxMessageBytes longest message, in bytes of payload; {@link Long#MAX_VALUE} for no limit
     * @param maxFrames       largest number of frames in one message, empty ones included
     */
    public FrameScanner(boolean isMasked, long maxMessageBytes, int maxFrames) {
        this.isMasked = isMasked;
        this.maxMessageBytes = maxMessageBytes;
        this.maxFrames = maxFrames;
    }

    /** The finding of a {@link #scan}. */
    public enum Found {
        /** No more than a part of a head, or of a control frame; more bytes decide. */
        NOTHING,
        /** Payload of a data message: {@link #from} to {@link #to}, which may be empty at the end of a frame. */
        PAYLOAD,
        /** A whole control frame: {@link #opcode} and {@link #control}. */
        CONTROL
    }

    private enum State {
        OPCODE, SHORT_LENGTH, LONG_LENGTH, KEY, PAYLOAD
    }

    /**
     * Scans until the first finding, or to the end of the bytes.
     *
     * @param bytes borrowed; masked payload is unmasked in it
     * @param start the index of the first byte
     * @param end   the index after the last byte
     * @return the finding; the next scan begins at {@link #to}
     * @throws WebSocketException if a frame breaks the protocol or a limit; the scanner cannot be used any more
     */
    public Found scan(ByteBuf bytes, int start, int end) {
        int i = start;
        while (true) {
            if (state == State.PAYLOAD) {
                return scanPayload(bytes, i, end);
            }
            if (i == end) {
                from = end;
                to = end;
                return Found.NOTHING;
            }
            acceptHead(bytes.getByte(i++) & 0xff);
        }
    }

    private void acceptHead(int b) {
        switch (state) {
            case OPCODE -> acceptOpcode(b);
            case SHORT_LENGTH -> acceptShortLength(b);
            case LONG_LENGTH -> {
                if (length >= 1L << 55) {
                    throw protocolError("frame: a length of over 63 bits (expected: at most 63)");
                }
                length = length << 8 | b;
                if (--missingHeadBytes == 0) {
                    requireShortestLength();
                    acceptLength();
                }
            }
            default -> {
                key = key << 8 | b;
                if (--missingHeadBytes == 0) {
                    state = State.PAYLOAD;
                }
            }
        }
    }

    private void acceptOpcode(int b) {
        if ((b & RESERVED) != 0) {
            throw protocolError("frame: a reserved bit is set (expected: none, because no extension was accepted)");
        }
        frameOpcode = b & OPCODE;
        isFinal = (b & FINAL) != 0;
        switch (frameOpcode) {
            case CONTINUATION -> {
                if (messageOpcode == 0) {
                    throw protocolError("frame: a continuation without a message (expected: a new message)");
                }
            }
            case TEXT, BINARY -> {
                if (messageOpcode != 0) {
                    throw protocolError("frame: a new message within another one (expected: a continuation)");
                }
                messageOpcode = frameOpcode;
                isMessageBegun = false;
                messageBytes = 0;
                messageFrames = 0;
            }
            case CLOSE, PING, PONG -> {
                if (!isFinal) {
                    throw protocolError("frame: a control frame in fragments (expected: one frame)");
                }
            }
            default -> throw protocolError("frame: opcode " + frameOpcode + " (expected: 0 to 2, or 8 to 10)");
        }
        if (!isControl() && ++messageFrames > maxFrames) {
            throw new WebSocketException(CloseStatus.TOO_LARGE, "message: over " + maxFrames
                    + " frames (expected: at most so many)");
        }
        state = State.SHORT_LENGTH;
    }

    private boolean isControl() {
        return frameOpcode >= CLOSE;
    }

    private void acceptShortLength(int b) {
        if ((b & FINAL) != 0 != isMasked) {
            throw protocolError(isMasked ? "frame: not masked (expected: a mask on every frame of a client)"
                    : "frame: masked (expected: no mask on a frame of a server)");
        }
        shortLength = b & 0x7f;
        if (isControl() && shortLength > FrameWriter.MAX_CONTROL_BYTES) {
            throw protocolError("frame: a control frame of over 125 bytes (expected: at most 125)");
        }
        length = shortLength;
        if (shortLength < LENGTH_16) {
            acceptLength();
            return;
        }
        length = 0;
        missingHeadBytes = shortLength == LENGTH_16 ? Short.BYTES : Long.BYTES;
        state = State.LONG_LENGTH;
    }

    private void requireShortestLength() {
        if (length <= (shortLength == LENGTH_16 ? FrameWriter.MAX_CONTROL_BYTES : MAX_SHORT)) {
            throw protocolError("frame: length " + length + " in too many bytes (expected: the shortest form)");
        }
    }

    private void acceptLength() {
        if (!isControl()) {
            if (length > maxMessageBytes - messageBytes) {
                throw new WebSocketException(CloseStatus.TOO_LARGE, "message: over " + maxMessageBytes
                        + " bytes (expected: at most so many)");
            }
            messageBytes += length;
        }
        payloadBytes = 0;
        control.clear();
        if (isMasked) {
            key = 0;
            missingHeadBytes = KEY_BYTES;
            state = State.KEY;
        } else {
            state = State.PAYLOAD;
        }
    }

    private Found scanPayload(ByteBuf bytes, int start, int end) {
        int stop = start + (int) Math.min(end - start, length - payloadBytes); // a length has up to 63 bits
        if (isMasked) {
            FrameWriter.mask(bytes, start, stop, key, payloadBytes);
        }
        payloadBytes += stop - start;
        from = start;
        to = stop;
        boolean isFrameEnd = payloadBytes == length;
        if (isControl()) {
            control.writeBytes(bytes, start, stop - start);
            if (isFrameEnd) {
                state = State.OPCODE;
            }
            return isFrameEnd ? Found.CONTROL : Found.NOTHING;
        }
        if (start == stop && !isFrameEnd) {
            return Found.NOTHING;
        }
        isMessageBegin = !isMessageBegun;
        isMessageBegun = true;
        messageType = messageOpcode;
        isMessageEnd = isFrameEnd && isFinal;
        if (isFrameEnd) {
            state = State.OPCODE;
            messageOpcode = isFinal ? 0 : messageOpcode;
        }
        return Found.PAYLOAD;
    }

    private static WebSocketException protocolError(String message) {
        return new WebSocketException(CloseStatus.PROTOCOL_ERROR, message);
    }

    /** {@return the index of the first byte of the payload that the last scan has found} */
    public int from() {
        return from;
    }

    /** {@return the index after the last byte that the last scan has consumed} */
    public int to() {
        return to;
    }

    /**
     * Returns the opcode of the last finding.
     *
     * @return {@link #TEXT} or {@link #BINARY} for payload, also in a continuation; {@link #CLOSE}, {@link #PING} or
     *         {@link #PONG} for a control frame
     */
    public int opcode() {
        return isControl() ? frameOpcode : messageType;
    }

    /** {@return whether the payload of the last finding begins its message} */
    public boolean isMessageBegin() {
        return isMessageBegin;
    }

    /** {@return whether the payload of the last finding ends its message} */
    public boolean isMessageEnd() {
        return isMessageEnd;
    }

    /** {@return the unmasked payload of the last control frame; valid until the next scan; owned by this scanner} */
    public ByteBuf control() {
        return control;
    }

    /** {@return whether the bytes so far end between two messages, so that the sender may close} */
    public boolean isBetweenMessages() {
        return state == State.OPCODE && messageOpcode == 0;
    }
}
