// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceptEncodingTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gzip                       | gzip   | true
            gzip, deflate, br          | br     | true
            GZip;q=0.5                 | gzip   | true
            x-gzip                     | gzip   | true
            gzip                       | x-gzip | true
            gzip;q=0                   | gzip   | false
            gzip ; q=0.000             | gzip   | false
            gzip;q=0, *                | gzip   | false
            *                          | br     | true
            *;q=0                      | gzip   | false
            identity                   | gzip   | false
            deflate                    | gzip   | false
            gzip;q=high                | gzip   | false
            ''                         | gzip   | false
            gzip; Q = 0.5              | gzip   | true
            gzip;                      | gzip   | false
            gzip;q=1;q=0               | gzip   | false
            """)
    void shouldReadWhatIsAccepted(String field, String coding, boolean isAdmitted) {
        assertEquals(isAdmitted, AcceptEncoding.admits(List.of(field), List.of(coding)));
    }

    @Test
    void shouldAdmitEachOfSeveralCodings() {
        assertEquals(true, AcceptEncoding.admits(List.of("gzip", "zstd"), List.of("zstd", "gzip")));
        assertFalse(AcceptEncoding.admits(List.of("gzip"), List.of("zstd", "gzip")));
        assertFalse(AcceptEncoding.admits(List.of(), List.of("gzip")));
        assertFalse(AcceptEncoding.admits(List.of("a" + " ".repeat(100_000) + "b"), List.of("gzip")));
    }
}
