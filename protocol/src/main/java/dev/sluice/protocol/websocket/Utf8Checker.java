// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.websocket;

import io.netty.buffer.ByteBuf;

/**
 * A checker of UTF-8 (RFC 3629), resumable at any byte: no overlong form, no surrogate, nothing above U+10FFFF.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> borrows the buffer. <b>Allocation:</b> none.
 */
public final class Utf8Checker {
    private static final long HIGH_BITS = 0x8080808080808080L;

    /** The number of continuation bytes that the current character still needs. */
    private int missing;
    /** The range of the next continuation byte; it is narrower for the first one after some lead bytes. */
    private int lowest;
    private int highest;

    /** Creates a checker for the beginning of a text. */
    public Utf8Checker() {
    }

    /**
     * Checks the bytes {@code [from, to)}.
     *
     * @param bytes borrowed
     * @param from  the index of the first byte
     * @param to    the index after the last byte
     * @throws WebSocketException with status 1007 if the text cannot become valid any more
     */
    public void check(ByteBuf bytes, int from, int to) {
        int i = from;
        while (i < to) {
            if (missing == 0) {
                while (to - i >= Long.BYTES && (bytes.getLong(i) & HIGH_BITS) == 0) {
                    i += Long.BYTES;
                }
                if (i == to) {
                    return;
                }
            }
            accept(bytes.getByte(i) & 0xff);
            i++;
        }
    }

    private void accept(int b) {
        if (missing > 0) {
            if (b < lowest || b > highest) {
                throw invalid();
            }
            missing--;
            expectContinuation(missing, 0x80, 0xbf);
        } else if (b >= 0x80) {
            acceptLead(b);
        }
    }

    /** Accepts the first byte of a character of several bytes (the table of RFC 3629 section 4). */
    private void acceptLead(int b) {
        if (b >= 0xc2 && b <= 0xdf) {
            expectContinuation(1, 0x80, 0xbf);
        } else if (b == 0xe0) {
            expectContinuation(2, 0xa0, 0xbf);
        } else if (b == 0xed) {
            expectContinuation(2, 0x80, 0x9f);
        } else if (b >= 0xe1 && b <= 0xef) {
            expectContinuation(2, 0x80, 0xbf);
        } else if (b == 0xf0) {
            expectContinuation(3, 0x90, 0xbf);
        } else if (b == 0xf4) {
            expectContinuation(3, 0x80, 0x8f);
        } else if (b >= 0xf1 && b <= 0xf3) {
            expectContinuation(3, 0x80, 0xbf);
        } else {
            throw invalid();
        }
    }

    private void expectContinuation(int count, int from, int to) {
        missing = count;
        lowest = from;
        highest = to;
    }

    /**
     * Ends the text, and prepares for another one.
     *
     * @throws WebSocketException with status 1007 if the text ends within a character
     */
    public void end() {
        if (missing > 0) {
            throw invalid();
        }
    }

    private static WebSocketException invalid() {
        return new WebSocketException(CloseStatus.INVALID_PAYLOAD, "text: not UTF-8 (expected: RFC 3629)");
    }
}
