// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import java.nio.charset.StandardCharsets;

/**
 * The decision whether bytes are an event stream, from the first of them: an optional byte order mark, then a comment
 * or one of the fields {@code event}, {@code data}, {@code id} and {@code retry} (WHATWG HTML section 9.2.5).
 *
 * <p>It can stop and resume at any byte. <b>Threading:</b> confined to one event loop.
 */
public final class StreamStart {
    private static final byte[][] STARTS = {bytes(":"), bytes("event"), bytes("data"), bytes("id"), bytes("retry")};
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    private final byte[] seen = new byte[BYTE_ORDER_MARK.length + "retry".length() + 1];
    private int count;
    private Answer answer = Answer.UNKNOWN;

    /** Creates a decision for one body. */
    public StreamStart() {
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The answers. */
    public enum Answer {
        /** The bytes are an event stream. */
        YES,
        /** They are something else. */
        NO,
        /** They may be the beginning of an event stream; the next ones decide. */
        UNKNOWN
    }

    /**
     * Takes the next byte.
     *
     * @param next the byte
     * @return the answer, which does not change any more once it is known
     */
    public Answer add(byte next) {
        if (answer == Answer.UNKNOWN) {
            seen[count++] = next;
            answer = decide();
        }
        return answer;
    }

    /** {@return the answer so far} */
    public Answer answer() {
        return answer;
    }

    private Answer decide() {
        if (isPrefix(BYTE_ORDER_MARK, 0, count)) {
            return Answer.UNKNOWN;
        }
        boolean hasMark = count > BYTE_ORDER_MARK.length && isPrefix(BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length);
        int from = hasMark ? BYTE_ORDER_MARK.length : 0;
        for (byte[] start : STARTS) {
            int length = count - from;
            if (length <= start.length && isPrefix(start, from, length)) {
                return start[0] == ':' ? Answer.YES : Answer.UNKNOWN;
            }
            if (length == start.length + 1 && isPrefix(start, from, start.length)) {
                byte last = seen[count - 1]; // a field's name ends with a colon or with its line
                return last == ':' || last == '\n' || last == '\r' ? Answer.YES : Answer.NO;
            }
        }
        return Answer.NO;
    }

    /** Returns whether {@code length} of the seen bytes are the beginning of a text. */
    private boolean isPrefix(byte[] text, int from, int length) {
        if (length > text.length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (seen[from + i] != text[i]) {
                return false;
            }
        }
        return true;
    }
}
