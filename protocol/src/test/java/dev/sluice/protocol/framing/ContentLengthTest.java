// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContentLengthTest {
    @ParameterizedTest
    @CsvSource({"0, 0", "7, 7", "0010, 10", "999999999999999999, 999999999999999999"})
    void shouldReadOneNumber(String text, long length) {
        assertEquals(length, ContentLength.parse(text));
    }

    /** RFC 9110 section 8.6 allows only digits. 19 digits are refused because they could overflow. */
    @ParameterizedTest
    @ValueSource(strings = {"", " ", "-1", "+1", "1 ", " 1", "1,1", "1, 1", "0x10", "1e3", "1.0", "\u0661", "1\u0000",
        "1000000000000000000"})
    void shouldRefuseWhatIsNotOneNumber(String text) {
        assertEquals(-1, ContentLength.parse(text));
    }
}
