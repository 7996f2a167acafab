// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rest time that an upstream asks for in the headers of any of its responses. All times are bounded, because a
 * wrong one must not keep an endpoint out of use forever.
 */
final class RateLimitHeaders {
    private static final long MAX_RETRY_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final long MAX_RESET_NANOS = TimeUnit.DAYS.toNanos(1);
    private static final long MAX_WINDOW_NANOS = TimeUnit.DAYS.toNanos(8);
    /**
     * The format in which the OpenAI API writes the time until a reset: "6m0s", "1h2m3.5s", "20ms". Plain numbers are
     * seconds.
     */
    private static final Pattern DURATION = Pattern.compile(
            "(?:(\\d{1,3})d)?(?:(\\d{1,4})h)?(?:(\\d{1,6})m(?!s))?(?:(\\d{1,9}(?:\\.\\d{1,9})?)s)?(?:(\\d{1,9})ms)?");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,12}(?:\\.\\d{1,9})?");

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
     * {@return the time of retry-after-ms or retry-after (RFC 9110 section 10.2.3, but no dates); 0 if neither is set}
     */
    public static long retryAfterNanos(HttpHeaders headers) {
        double millis = number(headers.get(RETRY_AFTER_MS));
        double nanos = millis > 0 ? millis * 1e6 : number(headers.get(HttpHeaderNames.RETRY_AFTER)) * 1e9;
        return (long) Math.min(Math.max(nanos, 0), MAX_RETRY_NANOS);
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
