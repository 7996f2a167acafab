// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What is left of the limits of requests and tokens, as the API's {@code x-ratelimit-*} headers tell it.
 *
 * @param requests the requests of a minute; null if they are not limited
 * @param tokens   the tokens of a minute; null if they are not limited
 */
public record QuotaStatus(Left requests, Left tokens) {
    private static final long MINUTE_SECONDS = 60;
    private static final long HOUR_SECONDS = 60 * MINUTE_SECONDS;

    /**
     * What is left of one limit.
     *
     * @param limit     the size of the limit
     * @param remaining what may be used at once; at least 0
     * @param reset     the time until all of the limit may be used at once
     */
    public record Left(long limit, long remaining, Duration reset) {
    }

    /**
     * Returns the parts of two answers, the first one's where both have one.
     *
     * @param first  one status; null for none
     * @param second another one; null for none
     * @return the status; null for none
     */
    public static QuotaStatus merge(QuotaStatus first, QuotaStatus second) {
        if (first == null || second == null) {
            return first == null ? second : first;
        }
        return new QuotaStatus(first.requests == null ? second.requests : first.requests,
                first.tokens == null ? second.tokens : first.tokens);
    }

    /** {@return the headers of the API, such as {@code x-ratelimit-remaining-requests}} */
    public Map<String, String> headers() {
        Map<String, String> headers = new LinkedHashMap<>();
        add(headers, "requests", requests);
        add(headers, "tokens", tokens);
        return headers;
    }

    private static void add(Map<String, String> headers, String what, Left left) {
        if (left != null) {
            headers.put("x-ratelimit-limit-" + what, Long.toString(left.limit));
            headers.put("x-ratelimit-remaining-" + what, Long.toString(left.remaining));
            headers.put("x-ratelimit-reset-" + what, text(left.reset));
        }
    }

    /** Returns a duration in the API's form: {@code 120ms}, {@code 1.5s}, {@code 6m0s}, {@code 1h0m0s}. */
    static String text(Duration time) {
        long millis = Math.max(0, time.plusNanos(999_999).toMillis());
        if (millis < 1000) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        String part = seconds < MINUTE_SECONDS && millis % 1000 != 0
                ? String.format(Locale.ROOT, "%.3f", millis / 1000.0).replaceFirst("0+$", "")
                : Long.toString((millis + 999) / 1000 % MINUTE_SECONDS);
        long whole = seconds < MINUTE_SECONDS ? seconds : (millis + 999) / 1000;
        return whole < MINUTE_SECONDS ? part + 's'
                : whole < HOUR_SECONDS ? whole / MINUTE_SECONDS + "m" + part + 's'
                : whole / HOUR_SECONDS + "h" + whole % HOUR_SECONDS / MINUTE_SECONDS + 'm' + part + 's';
    }
}
