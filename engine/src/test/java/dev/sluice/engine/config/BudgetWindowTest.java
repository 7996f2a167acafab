// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetWindowTest {
    @ParameterizedTest
    @CsvSource({
        "day,   UTC,           2026-11-26T23:59:59Z, 2026-11-26T00:00:00Z, 2026-11-27T00:00:00Z",
        "day,   Europe/Berlin, 2026-11-26T23:30:00Z, 2026-11-26T23:00:00Z, 2026-11-27T23:00:00Z",
        "day,   Europe/Berlin, 2026-03-29T12:00:00Z, 2026-03-28T23:00:00Z, 2026-03-29T22:00:00Z", // 23 hours
        "day,   Europe/Berlin, 2026-10-25T12:00:00Z, 2026-10-24T22:00:00Z, 2026-10-25T23:00:00Z", // 25 hours
        "week,  UTC,           2026-11-26T12:00:00Z, 2026-11-23T00:00:00Z, 2026-11-30T00:00:00Z",
        "week,  UTC,           2026-11-23T00:00:00Z, 2026-11-23T00:00:00Z, 2026-11-30T00:00:00Z",
        "week,  UTC,           2026-11-29T23:59:59Z, 2026-11-23T00:00:00Z, 2026-11-30T00:00:00Z",
        "month, UTC,           2028-02-29T12:00:00Z, 2028-02-01T00:00:00Z, 2028-03-01T00:00:00Z",
        "month, UTC,           2026-12-31T12:00:00Z, 2026-12-01T00:00:00Z, 2027-01-01T00:00:00Z",
        "12h,   Europe/Berlin, 2026-11-26T13:00:00Z, 2026-11-26T12:00:00Z, 2026-11-27T00:00:00Z",
        "7d,    UTC,           1970-01-08T00:00:00Z, 1970-01-08T00:00:00Z, 1970-01-15T00:00:00Z",
        "5m,    UTC,           2026-11-26T13:04:59Z, 2026-11-26T13:00:00Z, 2026-11-26T13:05:00Z"})
    void shouldFindTheWindow(String name, String zone, Instant time, Instant start, Instant end) {
        assertEquals(new BudgetWindow.Span(start, end), new BudgetWindow(name).at(time, ZoneId.of(zone)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "year", "DAY", "0d", "-1d", "1.5h", "367d", "9999999m", "7 d", "7s"})
    void shouldRefuseAnyOtherName(String name) {
        String message = assertThrows(ConfigException.class, () -> new BudgetWindow(name)).getMessage();

        assertTrue(message.contains("(expected: day, week, month, or a duration up to 366d"), message);
    }

    @Test
    void shouldRefuseABudgetOfNothingOrOfTwoThings() {
        assertThrows(ConfigException.class, () -> new BudgetConfig(BudgetWindow.DAY, 0, 0));
        assertThrows(ConfigException.class, () -> new BudgetConfig(BudgetWindow.DAY, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new BudgetConfig(null, 1, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1000001", "0.0000001"})
    void shouldRefuseAPriceThatCannotBeRight(String price) {
        assertThrows(ConfigException.class, () -> new PriceConfig("m", null, new BigDecimal(price), BigDecimal.ONE,
                BigDecimal.ONE));
    }
}
