// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

/**
 * A checker of the inside of one JSON string (RFC 8259 section 7), resumable at any byte. It checks escapes, UTF-8
 * (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF) and control characters, and decodes nothing.
 */
final class StringScanner {
    private static final int PLAIN = 0;
    private static final int ESCAPE = 1;
    private static final int HEX = 2;
    private static final int CONTINUATION = 3;
    /** Indexed by the byte after a backslash. False for {@code u}, whose digits are checked one at a time. */
    private static final boolean[] IS_SHORT_ESCAPE = new boolean[256];

    static {
        for (char c : "\"\\/bfnrt".toCharArray()) {
            IS_SHORT_ESCAPE[c] = true;
        }
    }

    private final PlainBytes plain = new PlainBytes();
    private int mode = PLAIN;
    private int pending;
    private int lowest;
    private int highest;
    private boolean hasEscape;
    private int plainFrom;

    /** Prepares the scanner for other bytes in the array, or for another array. */
    void nextBytes() {
        plain.reset();
    }

    /** Prepares the scanner for the byte after an opening quote. */
    void reset() {
        mode = PLAIN;
        hasEscape = false;
    }

    /** Returns whether the last scan, which began at {@code from}, found only plain bytes. */
    boolean isPlainSince(int from) {
        return mode == PLAIN && plainFrom == from;
    }

    /** Returns whether a backslash was seen since the last reset. */
    boolean hasEscape() {
        return hasEscape;
    }

    /**
     * Scans the next bytes.
     *
     * @param base offset of {@code bytes[0]} in the text, for messages
     * @return the index of the closing quote, or {@code to} if the string continues
     */
    int scan(byte[] bytes, int from, int to, long base) {
        plainFrom = mode == PLAIN ? from : -1;
        int i = mode == PLAIN ? from : resume(bytes, from, to, base);
        while (i < to) {
            i = plain.skip(bytes, i, to);
            if (i == to) {
                return to;
            }
            byte b = bytes[i];
            plainFrom = -1;
            if (b == '"') {
                return i;
            }
            if (b == '\\') {
                hasEscape = true;
                if (i < to - 1 && IS_SHORT_ESCAPE[bytes[i + 1] & 0xff]) { // a fast path, for text of many short lines
                    i += 2;
                } else {
                    mode = ESCAPE;
                    i = resume(bytes, i + 1, to, base);
                }
                continue;
            }
            if (b >= 0) {
                throw new JsonException("control character in a string (expected: escaped)", base + i);
            }
            i = scanMultibyte(bytes, i, to, base);
        }
        return to;
    }

    /** Scans the rest of an escape or character, as far as it has arrived; returns the index after it. */
    private int resume(byte[] bytes, int from, int to, long base) {
        int i = from;
        while (i < to && mode != PLAIN) {
            accept(bytes[i] & 0xff, base + i);
            i++;
        }
        return i;
    }

    /** Scans characters of several bytes, up to one that is ASCII; those of three bytes (CJK) in one tight loop. */
    private int scanMultibyte(byte[] bytes, int from, int to, long base) {
        int i = from;
        while (i < to && bytes[i] < 0) {
            if (i <= to - 2 && isTwo(bytes[i]) && isContinuation(bytes[i + 1])) {
                i += 2;
                continue;
            }
            int threes = i;
            while (i <= to - 3 && isUnconstrainedThree(bytes[i]) && isContinuation(bytes[i + 1])
                    && isContinuation(bytes[i + 2])) {
                i += 3;
            }
            if (i == threes) {
                startCharacter(bytes[i] & 0xff, base + i);
                i = resume(bytes, i + 1, to, base);
            }
        }
        return i;
    }

    private static boolean isContinuation(byte b) {
        return b < (byte) 0xc0;
    }

    private static boolean isTwo(byte lead) {
        return lead >= (byte) 0xc2 && lead <= (byte) 0xdf;
    }

    /** Returns whether any two continuation bytes may follow: true for the leads E1 to EC, EE and EF. */
    private static boolean isUnconstrainedThree(byte lead) {
        return lead >= (byte) 0xe1 && lead <= (byte) 0xef && lead != (byte) 0xed;
    }

    private void startCharacter(int lead, long offset) {
        lowest = 0x80;
        highest = 0xbf;
        if (lead >= 0xc2 && lead <= 0xdf) {
            pending = 1;
        } else if (lead >= 0xe0 && lead <= 0xef) {
            pending = 2;
            lowest = lead == 0xe0 ? 0xa0 : 0x80;
            highest = lead == 0xed ? 0x9f : 0xbf;
        } else if (lead >= 0xf0 && lead <= 0xf4) {
            pending = 3;
            lowest = lead == 0xf0 ? 0x90 : 0x80;
            highest = lead == 0xf4 ? 0x8f : 0xbf;
        } else {
            throw invalidUtf8(offset);
        }
        mode = CONTINUATION;
    }

    private void accept(int b, long offset) {
        switch (mode) {
            case ESCAPE -> {
                if (b == 'u') {
                    mode = HEX;
                    pending = 4;
                    return;
                }
                if (!IS_SHORT_ESCAPE[b]) {
                    throw new JsonException("unknown escape in a string (expected: one of RFC 8259 section 7)", offset);
                }
                mode = PLAIN;
            }
            case HEX -> {
                if (Character.digit(b, 16) < 0 || b >= 0x80) {
                    throw new JsonException("broken \\u escape in a string (expected: four hexadecimal digits)",
                            offset);
                }
                if (--pending == 0) {
                    mode = PLAIN;
                }
            }
            default -> {
                if (b < lowest || b > highest) {
                    throw invalidUtf8(offset);
                }
                lowest = 0x80;
                highest = 0xbf;
                if (--pending == 0) {
                    mode = PLAIN;
                }
            }
        }
    }

    private static JsonException invalidUtf8(long offset) {
        return new JsonException("invalid UTF-8 in a string (expected: RFC 3629)", offset);
    }
}
