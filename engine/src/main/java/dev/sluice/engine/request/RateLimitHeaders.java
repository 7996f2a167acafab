// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rest time that an upstream asks for in the headers of any of its responses. All times are bounded, because a
 * wrong one must not keep an endpoint out of use forever.
 */
final class RateLimitHeaders {
    private static final long MAX_RETRY_NANOS = TimeUnit.HOURS.toNanos(1);
    /** September 2001; no limit takes that long to reset. */
    private static final double MIN_EPOCH_SECONDS = 1e9;
    private static final double MIN_EPOCH_MILLIS = 1e12;
    private static final long MAX_RESET_NANOS = TimeUnit.DAYS.toNanos(1);
    private static final long MAX_WINDOW_NANOS = TimeUnit.DAYS.toNanos(8);
    /**
     * The format in which the OpenAI API writes the time until a reset: "6m0s", "1h2m3.5s", "20ms". Plain numbers are
     * seconds.
     */
    private static final Pattern DURATION = Pattern.compile(
            "(?:(\\d{1,3})d)?(?:(\\d{1,4})h)?(?:(\\d{1,6})m(?!s))?(?:(\\d{1,9}(?:\\.\\d{1,9})?)s)?(?:(\\d{1,9})ms)?");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,15}(?:\\.\\d{1,9})?");

    /** Names with cached hashes, because they are looked up in every response. */
    private static final AsciiString RETRY_AFTER_MS = AsciiString.cached("retry-after-ms");
    private static final AsciiString REQUESTS_LEFT = AsciiString.cached("x-ratelimit-remaining-requests");
    private static final AsciiString REQUESTS_RESET = AsciiString.cached("x-ratelimit-reset-requests");
    private static final AsciiString TOKENS_LEFT = AsciiString.cached("x-ratelimit-remaining-tokens");
    private static final AsciiString TOKENS_RESET = AsciiString.cached("x-ratelimit-reset-tokens");
    private static final Window PRIMARY = new Window("x-codex-primary-");
    private static final Window SECONDARY = new Window("x-codex-secondary-");

    private RateLimitHeaders() {
    }

    /**
     * Returns the time that a refusal asks to wait: the latest of {@code retry-after} (RFC 9110 section 10.2.3: seconds
     * or an HTTP date) and {@code retry-after-ms}.
     *
     * @param headers     the headers of the refusal
     * @param epochMillis the current time
     * @return nanoseconds, at most one hour; 0 if neither is set or both are in the past
     */
    public static long retryAfterNanos(HttpHeaders headers, long epochMillis) {
        double millis = number(headers.get(RETRY_AFTER_MS)) * 1e6;
        String retryAfter = headers.get(HttpHeaderNames.RETRY_AFTER);
        double seconds = number(retryAfter) * 1e9;
        double date = 0;
        if (seconds < 0 && retryAfter != null) {
            Date at = DateFormatter.parseHttpDate(retryAfter);
            date = at == null ? 0 : (at.getTime() - epochMillis) * 1e6;
        }
        return (long) Math.min(Math.max(Math.max(millis, seconds), Math.max(date, 0)), MAX_RETRY_NANOS);
    }

    /**
     * Returns the latest time that a refusal because of a rate limit names: that of {@link #retryAfterNanos}, or the
     * reset of any limit ({@code x-ratelimit-reset-*}), whether or not its rest is told to be used up.
     *
     * @param headers     the headers of the refusal
     * @param epochMillis the current time
     * @return nanoseconds, at most one day; 0 for none
     */
    public static long namedNanos(HttpHeaders headers, long epochMillis) {
        double reset = Math.max(resetOrEpochNanos(headers.get(REQUESTS_RESET), epochMillis),
                resetOrEpochNanos(headers.get(TOKENS_RESET), epochMillis));
        return Math.max(retryAfterNanos(headers, epochMillis), (long) Math.min(reset, MAX_RESET_NANOS));
    }

    /** Returns the nanoseconds of a duration; a number that can only be a time since 1970 is one, in s or in ms. */
    private static double resetOrEpochNanos(String text, long epochMillis) {
        double number = number(text);
        if (number >= MIN_EPOCH_MILLIS) {
            return Math.max(number - epochMillis, 0) * 1e6;
        }
        if (number >= MIN_EPOCH_SECONDS) {
            return Math.max(number * 1e3 - epochMillis, 0) * 1e6;
        }
        return durationNanos(text);
    }

    /**
     * Returns the time until the reset of an exhausted limit: of requests or tokens (x-ratelimit-*), or of a
     * subscription's window (x-codex-*).
     *
     * @param headers      the headers of any response
     * @param epochSeconds the current time
     * @return nanoseconds, at most 8 days; 0 if no limit is exhausted
     */
    public static long resetNanos(HttpHeaders headers, long epochSeconds) {
        long requests = resetNanos(headers, REQUESTS_LEFT, REQUESTS_RESET);
        long tokens = resetNanos(headers, TOKENS_LEFT, TOKENS_RESET);
        long primary = PRIMARY.nanos(headers, epochSeconds);
        long secondary = SECONDARY.nanos(headers, epochSeconds);
        return Math.max(Math.max(requests, tokens), Math.max(primary, secondary));
    }

    private static long resetNanos(HttpHeaders headers, AsciiString left, AsciiString reset) {
        if (number(headers.get(left)) != 0) {
            return 0; // -1 if the header is missing
        }
        return (long) Math.min(durationNanos(headers.get(reset)), MAX_RESET_NANOS);
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

    /** Returns a non-negative number, or -1 if the text is none. */
    private static double number(String text) {
        return text != null && NUMBER.matcher(text.trim()).matches() ? Double.parseDouble(text.trim()) : -1;
    }

    /** The headers of one subscription window. */
    private static final class Window {
        private final AsciiString usedPercent;
        private final AsciiString resetAfter;
        private final AsciiString resetsIn;
        private final AsciiString resetAt;

        Window(String prefix) {
            usedPercent = AsciiString.cached(prefix + "used-percent");
            resetAfter = AsciiString.cached(prefix + "reset-after-seconds");
            resetsIn = AsciiString.cached(prefix + "resets-in-seconds");
            resetAt = AsciiString.cached(prefix + "reset-at");
        }

        /** Returns the nanoseconds until the reset; 0 if the window is not exhausted. */
        long nanos(HttpHeaders headers, long epochSeconds) {
            if (number(headers.get(usedPercent)) < 100) {
                return 0;
            }
            double seconds = Math.max(number(headers.get(resetAfter)), number(headers.get(resetsIn)));
            double at = number(headers.get(resetAt));
            return (long) Math.min(Math.max(Math.max(seconds, at - epochSeconds), 0) * 1e9, MAX_WINDOW_NANOS);
        }
    }
}
