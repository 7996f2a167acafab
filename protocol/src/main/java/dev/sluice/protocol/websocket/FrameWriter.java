// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.websocket;

import io.netty.buffer.ByteBuf;

/** A writer of frame heads (RFC 6455 section 5.2), and of the mask (section 5.3). */
public final class FrameWriter {
    /** Longest head of a frame, in bytes: two, a length of eight, and a masking key of four. */
    public static final int MAX_HEAD_BYTES = 14;
    /** Longest payload of a control frame, in bytes. */
    public static final int MAX_CONTROL_BYTES = 125;

    private static final int FINAL = 0x80;
    private static final int MASKED = 0x80;
    private static final int MAX_SHORT = 0xffff;

    private FrameWriter() {
    }

    /**
     * Writes the head of an unmasked frame, as servers send it.
     *
     * @param out     receives at most 10 bytes; borrowed
     * @param opcode  the opcode, 0 to 15
     * @param isFinal whether the frame is the last one of its message
     * @param length  length of the payload in bytes, not negative
     */
    public static void writeHead(ByteBuf out, int opcode, boolean isFinal, long length) {
        writeHead(out, opcode, isFinal, length, 0);
    }

    /**
     * Writes the head of a masked frame, as clients send it.
     *
     * @param out     receives at most {@value #MAX_HEAD_BYTES} bytes; borrowed
     * @param opcode  the opcode, 0 to 15
     * @param isFinal whether the frame is the last one of its message
     * @param length  length of the payload in bytes, not negative
     * @param key     the masking key, fresh and unpredictable for each frame
     */
    public static void writeMaskedHead(ByteBuf out, int opcode, boolean isFinal, long length, int key) {
        writeHead(out, opcode, isFinal, length, MASKED);
        out.writeInt(key);
    }

    private static void writeHead(ByteBuf out, int opcode, boolean isFinal, long length, int mask) {
        out.writeByte(opcode | (isFinal ? FINAL : 0));
        if (length <= MAX_CONTROL_BYTES) {
            out.writeByte(mask | (int) length);
        } else if (length <= MAX_SHORT) {
            out.writeByte(mask | FrameScanner.LENGTH_16).writeShort((int) length);
        } else {
            out.writeByte(mask | FrameScanner.LENGTH_64).writeLong(length);
        }
    }

    /**
     * Masks or unmasks the bytes {@code [from, to)} in place, eight at a time.
     *
     * @param bytes  is changed; borrowed
     * @param from   the index of the first byte
     * @param to     the index after the last byte
     * @param key    the masking key
     * @param offset position of the first byte within the payload of its frame
     */
    public static void mask(ByteBuf bytes, int from, int to, int key, long offset) {
        int turned = Integer.rotateLeft(key, 8 * (int) (offset & 3));
        long both = (turned & 0xffffffffL) << 32 | turned & 0xffffffffL;
        int i = from;
        for (; to - i >= Long.BYTES; i += Long.BYTES) {
            bytes.setLong(i, bytes.getLong(i) ^ both);
        }
        for (int n = 0; i < to; i++, n++) {
            bytes.setByte(i, bytes.getByte(i) ^ turned >>> 24 - 8 * (n & 3));
        }
    }
}
