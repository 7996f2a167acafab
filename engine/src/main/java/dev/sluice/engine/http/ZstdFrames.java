// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import io.netty.buffer.ByteBuf;

/**
 * The frames of a zstd body (RFC 8878 section 3.1), followed only to detect a body that is cut: the decoder decodes the
 * bytes that it has, and does not report whether more should follow. Bytes of another form are left to the decoder.
 */
final class ZstdFrames {
    private static final int MAGIC = 0xfd2fb528;
    private static final int SKIPPABLE_MAGIC = 0x184d2a50;
    private static final int SKIPPABLE_MASK = 0xfffffff0;
    private static final int RLE_BLOCK = 1;

    private State state = State.MAGIC;
    private int have; // bytes of the current number
    private long number; // its value so far, little-endian
    private long left; // bytes to skip
    private int descriptor;
    private boolean isLastBlock;
    private boolean hasBegun;

    /** Follows the next bytes; borrows them, and their indices do not change. */
    void add(ByteBuf bytes) {
        int i = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (i < end && state != State.UNKNOWN) {
            hasBegun = true;
            if (left > 0) {
                long step = Math.min(left, end - i);
                left -= step;
                i += (int) step;
                if (left > 0) {
                    return;
                }
                onSkipped();
                continue;
            }
            number |= (bytes.getByte(i++) & 0xffL) << 8 * have;
            if (++have == state.bytes) {
                long value = number;
                have = 0;
                number = 0;
                onNumber(value);
            }
        }
    }

    private void onNumber(long value) {
        switch (state) {
            case MAGIC -> {
                if ((int) value == MAGIC) {
                    state = State.DESCRIPTOR;
                } else {
                    state = ((int) value & SKIPPABLE_MASK) == SKIPPABLE_MAGIC ? State.SKIPPED_SIZE : State.UNKNOWN;
                }
            }
            case SKIPPED_SIZE -> skip(State.SKIPPED, value);
            case DESCRIPTOR -> {
                descriptor = (int) value;
                skip(State.HEADER, headerBytes());
            }
            case BLOCK_HEADER -> {
                isLastBlock = (value & 1) != 0;
                int type = (int) (value >> 1 & 3);
                skip(State.BLOCK, type == RLE_BLOCK ? 1 : value >> 3);
            }
            default -> throw new AssertionError(state);
        }
    }

    /** Returns the size of the frame header after its descriptor (RFC 8878 section 3.1.1.1). */
    private int headerBytes() {
        boolean isSingleSegment = (descriptor & 0x20) != 0;
        int window = isSingleSegment ? 0 : 1;
        int dictionary = new int[] {0, 1, 2, 4}[descriptor & 3];
        int contentSize = new int[] {isSingleSegment ? 1 : 0, 2, 4, 8}[descriptor >> 6];
        return window + dictionary + contentSize;
    }

    private void skip(State next, long bytes) {
        state = next;
        left = bytes;
        if (bytes == 0) {
            onSkipped();
        }
    }

    private void onSkipped() {
        boolean hasChecksum = (descriptor & 4) != 0;
        switch (state) {
            case HEADER -> state = State.BLOCK_HEADER;
            case BLOCK -> {
                if (!isLastBlock) {
                    state = State.BLOCK_HEADER;
                } else if (hasChecksum) {
                    skip(State.CHECKSUM, 4);
                } else {
                    state = State.MAGIC;
                }
            }
            default -> state = State.MAGIC;
        }
    }

    /** Returns whether the bytes so far end with a frame, or are of no form that is known here. */
    boolean isAtEnd() {
        return state == State.UNKNOWN || hasBegun && state == State.MAGIC && have == 0;
    }

    private enum State {
        MAGIC(4), SKIPPED_SIZE(4), DESCRIPTOR(1), BLOCK_HEADER(3), SKIPPED(0), HEADER(0), BLOCK(0), CHECKSUM(0),
        UNKNOWN(0);

        private final int bytes;

        State(int bytes) {
            this.bytes = bytes;
        }
    }
}
