// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import io.netty.handler.codec.DateFormatter;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The forms in which upstreams write the time until something, or the time at which it happens; pure. */
final class RestTime {
    /** September 2001; no limit takes that long to reset. */
    private static final double MIN_EPOCH_SECONDS = 1e9;
    private static final double MIN_EPOCH_MILLIS = 1e12;
    /** A longer text names no moment; a date of either form has at most 40 characters. */
    private static final int MAX_CHARS = 64;
    private static final double MAX_NANOS = TimeUnit.DAYS.toNanos(365);
    /**
     * The format in which the OpenAI API writes the time until a reset: "6m0s", "1h2m3.5s", "20ms". Plain numbers are
     * seconds.
     */
    private static final Pattern DURATION = Pattern.compile("(?:(\\d{1,3})d)?(?:(\\d{1,4})h)?(?:(\\d{1,6})m(?!s))?"
            + "(?:(\\d{1,9}(?:\\.\\d{1,9})?)s)?(?:(\\d{1,9}(?:\\.\\d{1,9})?)ms)?");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,15}(?:\\.\\d{1,9})?(?:[eE]\\+?\\d{1,2})?");

    private RestTime() {
    }

    /** Returns a non-negative number, or -1 if the text is none. */
    static double number(String text) {
        return text != null && NUMBER.matcher(text.trim()).matches() ? Double.parseDouble(text.trim()) : -1;
    }

    /**
     * Returns the time until the moment that a text names: a number of seconds, or since 1970 of seconds or
     * milliseconds if it can be nothing else; a duration ({@code 6m0s}); an HTTP date (RFC 9110 section 5.6.7); or a
     * date of RFC 3339.
     *
     * @param text        null for none
     * @param epochMillis the current time
     * @return nanoseconds, at most a year; 0 if the text names no moment, or one that has passed
     */
    static long nanos(String text, long epochMillis) {
        double number = number(text);
        double nanos;
        if (number >= MIN_EPOCH_MILLIS) {
            nanos = (number - epochMillis) * 1e6;
        } else if (number >= MIN_EPOCH_SECONDS) {
            nanos = (number * 1e3 - epochMillis) * 1e6;
        } else if (number >= 0) {
            nanos = number * 1e9;
        } else {
            nanos = text == null ? 0 : textNanos(text.trim(), epochMillis);
        }
        return (long) Math.min(Math.max(nanos, 0), MAX_NANOS);
    }

    /**
     * Returns the time that a number of milliseconds, or another form of {@link #nanos}, names.
     *
     * @return nanoseconds, at most a year; 0 for none
     */
    static long nanosOfMillis(String text, long epochMillis) {
        double millis = number(text);
        return millis >= 0 && millis < MIN_EPOCH_SECONDS ? (long) Math.min(millis * 1e6, MAX_NANOS)
                : nanos(text, epochMillis);
    }

    private static double textNanos(String text, long epochMillis) {
        if (text.length() > MAX_CHARS) {
            return 0;
        }
        Matcher parts = DURATION.matcher(text);
        if (parts.matches()) {
            return part(parts, 1) * 86_400e9 + part(parts, 2) * 3_600e9 + part(parts, 3) * 60e9 + part(parts, 4) * 1e9
                    + part(parts, 5) * 1e6;
        }
        Date date = DateFormatter.parseHttpDate(text);
        if (date != null) {
            return (date.getTime() - epochMillis) * 1e6;
        }
        try {
            return (OffsetDateTime.parse(text.replace(' ', 'T')).toInstant().toEpochMilli() - epochMillis) * 1e6;
        } catch (DateTimeException | ArithmeticException notADate) {
            return 0;
        }
    }

    private static double part(Matcher parts, int group) {
        return parts.group(group) == null ? 0 : Double.parseDouble(parts.group(group));
    }
}
