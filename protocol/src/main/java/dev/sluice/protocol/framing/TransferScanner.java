// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import io.netty.buffer.ByteBuf;

/**
 * A resumable scanner of the transfer framing of one message body (RFC 9112 sections 6 and 7). It walks the buffers as
 * they arrive and fills a {@link BodyPiece} with the positions of the body's bytes and with the part of the buffer that
 * may be passed on raw, framing included.
 *
 * <p>Strict: a chunk size is 1 to 15 hexadecimal digits, every line ends with CRLF, extensions and trailers are
 * bounded and never passed on.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> borrows the buffer. <b>Allocation:</b> none.
 */
public final class TransferScanner {
    /** Largest total length of a body's trailer lines, in bytes. */
    public static final int MAX_TRAILER_BYTES = 8 * 1024;
    /** Longest extensions of one chunk-size line, in bytes, without the first semicolon. */
    public static final int MAX_SIZE_LINE_BYTES = 256;

    private static final int MAX_SIZE_DIGITS = 15;

    private State state = State.ENDED;
    private boolean isChunked;
    private long remaining;
    private int sizeDigits;
    private int lineBytes;
    private int trailerBytes;
    private boolean hasExtension;
    private boolean isReframingNeeded;
    private boolean isSizeLineHeld;

    /** Creates a scanner that is reset to a body without any bytes. */
    public TransferScanner() {
    }

    /** Prepares the scanner for an empty body, which has already ended. */
    public void resetToEmpty() {
        reset(State.ENDED, 0);
    }

    /**
     * Prepares the scanner for a body of known length.
     *
     * @param bytes the Content-Length, in bytes; 0 means that the body has already ended
     */
    public void resetToLength(long bytes) {
        reset(bytes == 0 ? State.ENDED : State.FIXED, bytes);
    }

    /** Prepares the scanner for a body in the {@code chunked} transfer coding. */
    public void resetToChunked() {
        reset(State.SIZE, 0);
    }

    /** Prepares the scanner for a body that ends when its connection is closed. */
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
    }

    /**
     * Scans the bytes {@code [from, to)}.
     *
     * @param bytes borrowed
     * @param from  the index of the first byte
     * @param to    the index after the last byte
     * @param piece is filled with what is found; the positions refer to {@code bytes}
     * @return the index after the last byte that belongs to the body: {@code to}, or less if the body ended before it
     * @throws FramingException if the framing is malformed or exceeds a limit
     */
    public int scan(ByteBuf bytes, int from, int to, BodyPiece piece) {
        piece.begin(bytes, from, isChunked);
        return switch (state) {
            case ENDED -> from;
            case FIXED -> scanFixed(from, to, piece);
            case UNTIL_CLOSE -> {
                piece.runs().add(from, to);
                yield to;
            }
            default -> {
                int end = scanChunked(bytes, from, to, piece);
                piece.finish(isReframingNeeded, isAtChunkBoundary());
                yield end;
            }
        };
    }

    private int scanFixed(int from, int to, BodyPiece piece) {
        int end = (int) Math.min(to, from + remaining);
        piece.runs().add(from, end);
        remaining -= end - from;
        if (remaining == 0) {
            state = State.ENDED;
        }
        return end;
    }

    private int scanChunked(ByteBuf bytes, int from, int to, BodyPiece piece) {
        boolean isResuming = isSizeLineHeld || state != State.DATA && !(state == State.SIZE && sizeDigits == 0);
        int i = from;
        while (i < to) {
            if (state == State.DATA) {
                if (isSizeLineHeld && isResuming) {
                    if (!isReframingNeeded) {
                        piece.resumeSizeLine(i, remaining);
                    }
                    isResuming = false;
                }
                isSizeLineHeld = false;
                int end = (int) Math.min(to, i + remaining);
                piece.runs().add(i, end);
                remaining -= end - i;
                i = end;
                passOn(i, piece);
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
                if (!isResuming) {
                    passOn(i, piece);
                } else if (!isReframingNeeded) {
                    piece.resumeCrlf(i);
                }
                isResuming = false;
            } else if (before == State.SIZE_LF && state == State.DATA) {
                isSizeLineHeld = !isReframingNeeded; // held back until the first data byte of its chunk arrives
            }
        }
        return i;
    }

    private void passOn(int index, BodyPiece piece) {
        if (!isReframingNeeded) {
            piece.extendRaw(index);
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
            case TRAILER_START, TRAILER_NAME, TRAILER, TRAILER_LF, END_LF -> onTrailer(b);
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
        // RFC 9112 section 7.1.1 allows white space before ';' only for old senders. It is refused here.
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
                state = State.TRAILER_NAME;
                onTrailerName(b);
            }
            case TRAILER_NAME -> onTrailerName(b);
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

    /** Checks the name of a trailer as strictly as that of a header, although all trailers are dropped. */
    private void onTrailerName(int b) {
        if (b == ':') {
            state = State.TRAILER;
            return;
        }
        require(HeadScanner.isTokenByte(b), "a trailer name that is not a token");
    }

    private void onTrailerByte(int b) {
        if (b == '\r') {
            state = State.TRAILER_LF;
            return;
        }
        require(b >= 0x20 && b != 0x7f || b == '\t', "a control character in a trailer");
    }

    /** {@return whether the body has ended} */
    public boolean isEnded() {
        return state == State.ENDED;
    }

    /** {@return whether the body ends only with its connection} */
    public boolean isUntilClose() {
        return state == State.UNTIL_CLOSE;
    }

    private boolean isAtChunkBoundary() {
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
        TRAILER_START, TRAILER_NAME, TRAILER, TRAILER_LF, END_LF, ENDED
    }
}
