// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotaStatusTest {
    private static final QuotaStatus.Left ONE = new QuotaStatus.Left(60, 59, Duration.ofSeconds(1));
    private static final QuotaStatus.Left OTHER = new QuotaStatus.Left(1000, 7, Duration.ofSeconds(90));

    /** The API reference shows 1s, 6m0s and 20ms. */
    @ParameterizedTest
    @CsvSource({"0, 0ms", "1, 1ms", "20, 20ms", "999, 999ms", "1000, 1s", "1500, 1.5s", "1001, 1.001s",
        "59999, 59.999s", "60000, 1m0s", "60001, 1m1s", "360000, 6m0s", "3599500, 1h0m0s", "3600000, 1h0m0s",
        "90061000, 25h1m1s", "-5, 0ms"})
    void shouldWriteTimesAsTheApiDoes(long millis, String text) {
        assertEquals(text, QuotaStatus.text(Duration.ofMillis(millis)));
    }

    @Test
    void shouldRoundUp() {
        assertEquals("1ms", QuotaStatus.text(Duration.ofNanos(1)));
    }

    @Test
    void shouldPreferTheFirstOfTwo() {
        assertNull(QuotaStatus.merge(null, null));
        QuotaStatus first = new QuotaStatus(ONE, null);
        assertEquals(first, QuotaStatus.merge(first, null));
        assertEquals(new QuotaStatus(ONE, OTHER), QuotaStatus.merge(first, new QuotaStatus(OTHER, OTHER)));
        assertEquals(Map.of("x-ratelimit-limit-requests", "60", "x-ratelimit-remaining-requests", "59",
                "x-ratelimit-reset-requests", "1s", "x-ratelimit-limit-tokens", "1000",
                "x-ratelimit-remaining-tokens", "7", "x-ratelimit-reset-tokens", "1m30s"),
                new QuotaStatus(ONE, OTHER).headers());
    }
}
