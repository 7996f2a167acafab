// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.TemporalAdjusters;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The time over which a budget is counted: a day, a week from Monday on, or a month of the calendar, or a duration
 * whose windows follow one another from 1970 on.
 *
 * @param name {@code day}, {@code week}, {@code month}, or a number with {@code m}, {@code h} or {@code d}, such as
 *             {@code 7d}; at least a minute, at most 366 days
 */
public record BudgetWindow(String name) {
    /** A day of the calendar. */
    public static final BudgetWindow DAY = new BudgetWindow("day");
    /** A month of the calendar. */
    public static final BudgetWindow MONTH = new BudgetWindow("month");

    private static final Pattern DURATION = Pattern.compile("([1-9]\\d{0,5})([mhd])");
    private static final int MAX_DAYS = 366;

    public BudgetWindow {
        if (name == null || !isCalendar(name) && (!DURATION.matcher(name).matches()
                || duration(name).compareTo(Duration.ofDays(MAX_DAYS)) > 0)) {
            throw new ConfigException("window", "window: " + name + " (expected: day, week, month, or a duration up to "
                    + MAX_DAYS + "d such as 7d or 12h)");
        }
    }

    private static boolean isCalendar(String name) {
        return name.equals("day") || name.equals("week") || name.equals("month");
    }

    private static Duration duration(String name) {
        Matcher parts = DURATION.matcher(name);
        if (!parts.matches()) {
            throw new IllegalStateException("window: " + name + " (expected: a duration, which was checked)");
        }
        long count = Long.parseLong(parts.group(1));
        return switch (parts.group(2)) {
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
        };
    }

    /**
     * Returns the window in which a time lies.
     *
     * @param time the time
     * @param zone the zone of the calendar
     * @return the window
     */
    public Span at(Instant time, ZoneId zone) {
        if (!isCalendar(name)) {
            long millis = duration(name).toMillis();
            long start = Math.floorDiv(time.toEpochMilli(), millis) * millis;
            return new Span(Instant.ofEpochMilli(start), Instant.ofEpochMilli(start + millis));
        }
        LocalDate day = time.atZone(zone).toLocalDate();
        LocalDate start = switch (name) {
            case "day" -> day;
            case "week" -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
            default -> day.withDayOfMonth(1);
        };
        LocalDate end = switch (name) {
            case "day" -> start.plusDays(1);
            case "week" -> start.plusWeeks(1);
            default -> start.plusMonths(1);
        };
        return new Span(start.atStartOfDay(zone).toInstant(), end.atStartOfDay(zone).toInstant());
    }

    /**
     * One window.
     *
     * @param start its first instant
     * @param end   the first instant of the next one
     */
    public record Span(Instant start, Instant end) {
    }
}
