// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import dev.sluice.protocol.json.JsonCapture;
import java.nio.charset.StandardCharsets;

/**
 * Counts in JSON. JSON has one kind of number, so 11, 11.0 and 1.1e1 are the same count (RFC 8259 section 6). What is
 * not whole is rounded; what is negative or beyond any real count is unknown.
 */
final class JsonNumber {
    /** The result for a number that is no count. */
    static final long UNKNOWN = -1;

    private static final double MAX_COUNT = 1e15;

    private JsonNumber() {
    }

    /** Returns the count that a number stands for, or {@link #UNKNOWN}. */
    static long asCount(double number) {
        return number >= 0 && number <= MAX_COUNT ? Math.round(number) : UNKNOWN;
    }

    /** Returns the count that a whole number stands for, or {@link #UNKNOWN}. */
    static long asCount(long number) {
        return number >= 0 && number <= (long) MAX_COUNT ? number : UNKNOWN;
    }

    /** Returns the count that a captured number stands for, or {@link #UNKNOWN}; allocates nothing for plain digits. */
    static long asCount(JsonCapture number) {
        long whole = number.asLong(Long.MIN_VALUE);
        if (whole != Long.MIN_VALUE) {
            return asCount(whole);
        }
        return number.length() == 0 ? UNKNOWN : asCount(Double.parseDouble(new String(number.bytes(), 0,
                number.length(), StandardCharsets.US_ASCII)));
    }
}
