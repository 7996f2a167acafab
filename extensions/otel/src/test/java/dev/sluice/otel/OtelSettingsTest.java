// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.otel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OtelSettingsTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", value = {
        "ftp://h         | -    | s | 1   | 60 | endpoint: ftp://h (expected: a URL such as http://127.0.0.1:4318)",
        "-               | -    | s | 1   | 60 | endpoint: null (expected: a URL such as http://127.0.0.1:4318)",
        "http://h        | none | s | 1   | 60 | headers_file: none (expected: a readable file)",
        "http://h        | -    | - | 1   | 60 | service_name: empty (expected: a name)",
        "http://h        | -    | s | 1.5 | 60 | sample: 1.5 (expected: 0 to 1)",
        "http://h        | -    | s | NaN | 60 | sample: NaN (expected: 0 to 1)",
        "https://h:4318/ | -    | s | 0   | 0  | interval: PT0S (expected: at least 1 s)"
    })
    void shouldSayWhatIsExpected(String endpoint, Path headers, String service, double sample, long seconds,
            String message) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, () -> new OtelSettings(endpoint == null
                ? null : URI.create(endpoint), headers, service, sample, Duration.ofSeconds(seconds))).getMessage());
    }
}
