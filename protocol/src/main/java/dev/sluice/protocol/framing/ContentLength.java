// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

/** A parser of the value of one Content-Length header (RFC 9110 section 8.6). */
public final class ContentLength {
    private static final int MAX_DIGITS = 18;

    private ContentLength() {
    }

    /**
     * Parses the value of one header.
     *
     * @param value the value, without surrounding white space
     * @return the length in bytes; -1 if the value is not one decimal number of 1 to 18 digits
     */
    public static long parse(CharSequence value) {
        if (value.length() == 0 || value.length() > MAX_DIGITS) {
            return -1;
        }
        long length = 0;
        for (int i = 0; i < value.length(); i++) {
            int digit = value.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            length = 10 * length + digit;
        }
        return length;
    }
}
