// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long an upstream wants to be left alone, by the headers of any of its answers. All times are bounded: a wrong one
 * must not keep an endpoint away for good.
 */
final class CoolDown {
    private static final long MAX_RETRY_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final long MAX_RESET_NANOS = TimeUnit.DAYS.toNanos(1);
    private static final long MAX_WINDOW_NANOS = TimeUnit.DAYS.toNanos(8);
    /** "6m0s", "1h2m3.5s", "20ms": how the OpenAI API writes the time to a reset; plain numbers are seconds. */
    private static final Pattern DURATION = Pattern.compile(
            "(?:(\\d{1,3})d)?(?:(\\d{1,4})h)?(?:(\\d{1,6})m(?!s))?(?:(\\d{1,9}(?:\\.\\d{1,9})?)s)?(?:(\\d{1,9})ms)?");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,12}(?:\\.\\d{1,9})?");

    private CoolDown() {
    }

    /** Returns what retry-after-ms or retry-after says (RFC 9110 section 10.2.3, but no dates); 0 for nothing. */
    static long retryAfterNanos(HttpHeaders headers) {
        double millis = number(headers.get("retry-after-ms"));
        double nanos = millis > 0 ? millis * 1e6 : number(headers.get("retry-after")) * 1e9;
        return (long) Math.min(Math.max(nanos, 0), MAX_RETRY_NANOS);
    }

    /**
     * Returns how long it is to the reset of a limit that is used up: of requests or tokens (x-ratelimit-*), or of a
     * subscription's window (x-codex-*); 0 where none is.
     *
     * @param epochSeconds the time
     */
    static long resetNanos(HttpHeaders headers, long epochSeconds) {
        long requests = resetNanos(headers, "requests");
        long tokens = resetNanos(headers, "tokens");
        long primary = windowNanos(headers, "x-codex-primary-", epochSeconds);
        long secondary = windowNanos(headers, "x-codex-secondary-", epochSeconds);
        return Math.max(Math.max(requests, tokens), Math.max(primary, secondary));
    }

    private static long resetNanos(HttpHeaders headers, String what) {
        if (number(headers.get("x-ratelimit-remaining-" + what)) != 0) {
            return 0; // -1 where it does not say
        }
        return (long) Math.min(durationNanos(headers.get("x-ratelimit-reset-" + what)), MAX_RESET_NANOS);
    }

    private static long windowNanos(HttpHeaders headers, String prefix, long epochSeconds) {
        if (number(headers.get(prefix + "used-percent")) < 100) {
            return 0;
        }
        double seconds = Math.max(number(headers.get(prefix + "reset-after-seconds")),
                number(headers.get(prefix + "resets-in-seconds")));
        double at = number(headers.get(prefix + "reset-at"));
        return (long) Math.min(Math.max(Math.max(seconds, at - epochSeconds), 0) * 1e9, MAX_WINDOW_NANOS);
    }

    private static double durationNanos(String text) {
        double seconds = number(text);
        if (seconds >= 0 || text == null) {
            return Math.max(seconds, 0) * 1e9;
        }
        Matcher parts = DURATION.matcher(text.trim());
        if (!parts.matches()) {
            return 0;
        }
        return part(parts, 1) * 86_400e9 + part(parts, 2) * 3_600e9 + part(parts, 3) * 60e9 + part(parts, 4) * 1e9
                + part(parts, 5) * 1e6;
    }

    private static double part(Matcher parts, int group) {
        return parts.group(group) == null ? 0 : Double.parseDouble(parts.group(group));
    }

    /** Returns a number that is not negative, or -1. */
    private static double number(String text) {
        return text != null && NUMBER.matcher(text.trim()).matches() ? Double.parseDouble(text.trim()) : -1;
    }
}
