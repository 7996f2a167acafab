// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The header traceparent, by the rules of W3C Trace Context, section 3.2. */
class TraceParentTest {
    private static final String ID = "4bf92f3577b34da6a3ce929d0e0e4736";

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01|true",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00|true",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more|true", // a later version may be longer
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more|false",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01|false",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01|false",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01|false",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01|false",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01|false",
        "''|false"
    })
    void shouldReadTheTraceId(String value, boolean isGood) {
        assertEquals(isGood ? ID : null, TraceParent.traceId(List.of(value)));
        assertEquals(null, TraceParent.traceId(List.of(value, value)));
        assertEquals(null, TraceParent.traceId(List.of()));
    }
}
