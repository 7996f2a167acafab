// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import io.netty.buffer.ByteBuf;

/**
 * Walks the transfer framing of one message body (RFC 9112 sections 6 and 7) through the buffers as they arrive, and
 * tells where the body's bytes are and how much of a buffer may be passed on raw, framing included.
 *
 * <p>What may be passed on raw never contains the end of the body, a trailer, a chunk extension, nor a chunk CRLF of
 * which a part is still to come or a chunk-size line whose first data byte is: those are held back, and
 * {@link #writeResumed} writes them, in canonical form, once they are complete. So a downstream that got only raw bytes
 * always stands inside a chunk's data or between two chunks, and whoever relays can still end the body or abort it.
 *
 * <p>Strict: a chunk size is 1 to 15 hexadecimal digits, every line ends with CRLF, extensions and trailers are
 * bounded and never part of what may be passed on.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> borrows the buffer.
 * <b>Allocation:</b> none, once its run list has grown to the largest read.
 */
public final class TransferScanner {
    /** Limit of all trailer lines of a body together, in bytes. */
    public static final int MAX_TRAILER_BYTES = 8 * 1024;
    /** Limit of one chunk-size line with its extensions, in bytes. */
    public static final int MAX_SIZE_LINE_BYTES = 256;

    private static final int MAX_SIZE_DIGITS = 15;
    private static final int NOTHING = 0;
    private static final int CRLF = 1;
    private static final int SIZE_LINE = 2;

    private final BodyRuns runs = new BodyRuns();
    private State state = State.ENDED;
    private boolean isChunked;
    private long remaining;
    private int sizeDigits;
    private int lineBytes;
    private int trailerBytes;
    private boolean hasExtension;
    private boolean isReframingNeeded;
    private boolean isSizeLineHeld;

    private int rawStart;
    private int rawEnd;
    private int resumed;
    private long resumedSize;

    /** Creates a scanner that is reset to a body without any bytes. */
    public TransferScanner() {
    }

    /** Makes ready for a body without any bytes: it has ended already. */
    public void resetToEmpty() {
        reset(State.ENDED, 0);
    }

    /**
     * Makes ready for a body of known length.
     *
     * @param bytes its Content-Length; 0 gives a body that has ended already
     */
    public void resetToLength(long bytes) {
        reset(bytes == 0 ? State.ENDED : State.FIXED, bytes);
    }

    /** Makes ready for a body in the {@code chunked} transfer coding. */
    public void resetToChunked() {
        reset(State.SIZE, 0);
    }

    /** Makes ready for a body that ends with its connection. */
    public void resetToClose() {
        reset(State.UNTIL_CLOSE, 0);
    }

    private void reset(State first, long bytes) {
        state = first;
        isChunked = first == State.SIZE;
        remaining = bytes;
        sizeDigits = 0;
        lineBytes = 0;
        trailerBytes = 0;
        hasExtension = false;
        isReframingNeeded = false;
        isSizeLineHeld = false;
        runs.clear();
    }

    /**
     * Walks {@code [from, to)}. The results stand until the next call.
     *
     * @return the index after the last byte that belongs to the body: {@code to}, or less where the body ended before
     * @throws FramingException where the framing is malformed or over a limit
     */
    public int scan(ByteBuf bytes, int from, int to) {
        runs.clear();
        resumed = NOTHING;
        rawStart = from;
        rawEnd = from;
        return switch (state) {
            case ENDED -> from;
            case FIXED -> scanFixed(from, to);
            case UNTIL_CLOSE -> {
                runs.add(from, to);
                rawEnd = to;
                yield to;
            }
            default -> scanChunked(bytes, from, to);
        };
    }

    private int scanFixed(int from, int to) {
        int end = (int) Math.min(to, from + remaining);
        runs.add(from, end);
        remaining -= end - from;
        rawEnd = end;
        if (remaining == 0) {
            state = State.ENDED;
        }
        return end;
    }

    private int scanChunked(ByteBuf bytes, int from, int to) {
        boolean isResuming = isSizeLineHeld || state != State.DATA && !(state == State.SIZE && sizeDigits == 0);
        int i = from;
        while (i < to) {
            if (state == State.DATA) {
                if (isSizeLineHeld && isResuming) {
                    resumeAt(i, SIZE_LINE, remaining);
                    isResuming = false;
                }
                isSizeLineHeld = false;
                int end = (int) Math.min(to, i + remaining);
                runs.add(i, end);
                remaining -= end - i;
                i = end;
                passOn(i);
                if (remaining == 0) {
                    state = State.DATA_CR;
                }
                continue;
            }
            State before = state;
            acceptFraming(bytes.getByte(i) & 0xff);
            i++;
            if (state == State.ENDED) {
                return i;
            }
            if (before == State.DATA_LF) {
                if (isResuming) {
                    resumeAt(i, CRLF, 0);
                } else {
                    passOn(i);
                }
                isResuming = false;
            } else if (before == State.SIZE_LF && state == State.DATA) {
                isSizeLineHeld = !isReframingNeeded; // leaves together with the first byte of its chunk
            }
        }
        return i;
    }

    /** A framing element of which the first part came with an earlier buffer is now complete. */
    private void resumeAt(int index, int element, long size) {
        if (isReframingNeeded) {
            return;
        }
        resumed = element;
        resumedSize = size;
        rawStart = index;
        rawEnd = index;
    }

    private void passOn(int index) {
        if (!isReframingNeeded) {
            rawEnd = index;
        }
    }

    private void acceptFraming(int b) {
        switch (state) {
            case SIZE -> onSize(b);
            case EXTENSION -> onExtension(b);
            case SIZE_LF -> {
                require(b == '\n', "a chunk size line without CRLF");
                state = remaining == 0 ? State.TRAILER_START : State.DATA;
                sizeDigits = 0;
                lineBytes = 0;
                if (hasExtension) {
                    hasExtension = false;
                    isReframingNeeded = true;
                }
            }
            case DATA_CR -> {
                require(b == '\r', "chunk data without CRLF");
                state = State.DATA_LF;
            }
            case DATA_LF -> {
                require(b == '\n', "chunk data without CRLF");
                state = State.SIZE;
                remaining = 0;
            }
            case TRAILER_START, TRAILER, TRAILER_LF, END_LF -> onTrailer(b);
            default -> throw new AssertionError(state);
        }
    }

    private void onSize(int b) {
        int digit = hexDigit(b);
        if (digit >= 0) {
            require(++sizeDigits <= MAX_SIZE_DIGITS, "a chunk size of more than 15 digits");
            remaining = remaining << 4 | digit;
            return;
        }
        require(sizeDigits > 0, "a chunk size that is not hexadecimal");
        if (b == '\r') {
            state = State.SIZE_LF;
            return;
        }
        // RFC 9112 section 7.1.1 allows white space before ';' for old senders only: refused.
        require(b == ';', "a chunk size that is not hexadecimal");
        hasExtension = true;
        state = State.EXTENSION;
    }

    private void onExtension(int b) {
        if (b == '\r') {
            state = State.SIZE_LF;
            return;
        }
        require(++lineBytes <= MAX_SIZE_LINE_BYTES, "a chunk extension over " + MAX_SIZE_LINE_BYTES + " bytes");
        require(b >= 0x20 && b != 0x7f || b == '\t', "a control character in a chunk extension");
    }

    private void onTrailer(int b) {
        require(++trailerBytes <= MAX_TRAILER_BYTES, "trailers over " + MAX_TRAILER_BYTES + " bytes");
        switch (state) {
            case TRAILER_START -> {
                if (b == '\r') {
                    state = State.END_LF;
                    return;
                }
                require(b != ' ' && b != '\t' && b != ':', "a folded or nameless trailer line");
                state = State.TRAILER;
                onTrailerByte(b);
            }
            case TRAILER -> onTrailerByte(b);
            case TRAILER_LF -> {
                require(b == '\n', "a trailer line without CRLF");
                state = State.TRAILER_START;
            }
            case END_LF -> {
                require(b == '\n', "a body end without CRLF");
                state = State.ENDED;
            }
            default -> throw new AssertionError(state);
        }
    }

    private void onTrailerByte(int b) {
        if (b == '\r') {
            state = State.TRAILER_LF;
            return;
        }
        require(b >= 0x20 && b != 0x7f || b == '\t', "a control character in a trailer");
    }

    /** Returns where the body's bytes lie in the buffer that was scanned last. */
    public BodyRuns runs() {
        return runs;
    }

    /** Returns the first index that may be passed on raw, after what {@link #writeResumed} writes. */
    public int rawStart() {
        return rawStart;
    }

    /** Returns the index after the last byte that may be passed on raw. */
    public int rawEnd() {
        return rawEnd;
    }

    /** Returns the bytes that {@link #writeResumed} would write; 0 for most reads. */
    public int resumedBytes() {
        return switch (resumed) {
            case CRLF -> 2;
            case SIZE_LINE -> ChunkHead.bytes(resumedSize);
            default -> 0;
        };
    }

    /** Writes the framing element that earlier reads held back and this one completed. */
    public void writeResumed(ByteBuf out) {
        if (resumed == CRLF) {
            ChunkHead.writeCrlf(out);
        } else if (resumed == SIZE_LINE) {
            ChunkHead.write(out, resumedSize);
        }
    }

    /** Returns whether a chunk extension was seen: from {@link #rawEnd} on, runs must be framed anew, for good. */
    public boolean isReframingNeeded() {
        return isReframingNeeded;
    }

    /** Returns whether the body has ended. */
    public boolean isEnded() {
        return state == State.ENDED;
    }

    /** Returns whether the body is in the {@code chunked} transfer coding. */
    public boolean isChunked() {
        return isChunked;
    }

    /** Returns whether the body ends only with its connection. */
    public boolean isUntilClose() {
        return state == State.UNTIL_CLOSE;
    }

    /** Returns whether what was passed on raw so far ends between two chunks, not inside one's data. */
    public boolean isAtChunkBoundary() {
        return switch (state) {
            case DATA -> isSizeLineHeld;
            case DATA_CR, DATA_LF, FIXED, UNTIL_CLOSE -> false;
            default -> true;
        };
    }

    private static int hexDigit(int b) {
        if (b >= '0' && b <= '9') {
            return b - '0';
        }
        int lower = b | 0x20;
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }

    private static void require(boolean isValid, String found) {
        if (!isValid) {
            throw FramingException.malformed("body framing: " + found + " (expected: RFC 9112 section 7.1)");
        }
    }

    private enum State {
        FIXED, UNTIL_CLOSE, SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF,
        TRAILER_START, TRAILER, TRAILER_LF, END_LF, ENDED
    }
}
