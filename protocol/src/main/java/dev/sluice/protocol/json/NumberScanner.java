// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

/** An incremental checker of the grammar of one JSON number (RFC 8259 section 6). */
final class NumberScanner {
    private static final int SIGN = 0;
    private static final int ZERO = 1;
    private static final int INTEGER = 2;
    private static final int POINT = 3;
    private static final int FRACTION = 4;
    private static final int EXPONENT = 5;
    private static final int EXPONENT_SIGN = 6;
    private static final int EXPONENT_DIGITS = 7;

    private int part;

    /** Starts a number with its first byte, a digit or a minus sign. */
    void start(byte first) {
        part = first == '-' ? SIGN : first == '0' ? ZERO : INTEGER;
    }

    /** Returns the index after the digits at {@code from} that continue the integer, fraction or exponent. */
    int skipDigits(byte[] bytes, int from, int to) {
        int i = from;
        if (part == INTEGER || part == FRACTION || part == EXPONENT_DIGITS) {
            while (i < to && bytes[i] >= '0' && bytes[i] <= '9') {
                i++;
            }
        }
        return i;
    }

    /**
     * Accepts the next byte if it belongs to the number.
     *
     * @return false if the number ended before this byte
     */
    boolean accept(byte b, long offset) {
        boolean isDigit = b >= '0' && b <= '9';
        if (isDigit) {
            part = afterDigit(b, offset);
            return true;
        }
        if (b == '.' && (part == ZERO || part == INTEGER)) {
            part = POINT;
            return true;
        }
        if ((b | 0x20) == 'e' && (part == ZERO || part == INTEGER || part == FRACTION)) {
            part = EXPONENT;
            return true;
        }
        if ((b == '+' || b == '-') && part == EXPONENT) {
            part = EXPONENT_SIGN;
            return true;
        }
        end(offset);
        return false;
    }

    /** Checks that the number may end here. */
    void end(long offset) {
        if (part != ZERO && part != INTEGER && part != FRACTION && part != EXPONENT_DIGITS) {
            throw new JsonException("incomplete number (expected: a digit)", offset);
        }
    }

    private int afterDigit(byte b, long offset) {
        return switch (part) {
            case SIGN -> b == '0' ? ZERO : INTEGER;
            case ZERO -> throw new JsonException("number with a leading zero (expected: none)", offset);
            case POINT -> FRACTION;
            case EXPONENT, EXPONENT_SIGN -> EXPONENT_DIGITS;
            default -> part;
        };
    }
}
