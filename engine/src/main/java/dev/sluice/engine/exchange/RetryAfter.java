// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.TimeUnit;

/** How long an upstream wants to be left alone: RFC 9110 section 10.2.3, and the OpenAI API's retry-after-ms. */
final class RetryAfter {
    private static final long MAX_NANOS = TimeUnit.HOURS.toNanos(1);

    private RetryAfter() {
    }

    /** Returns the time, at most an hour; 0 where there is none, or a date, which no API of this kind sends. */
    static long nanos(HttpHeaders headers) {
        long millis = number(headers.get("retry-after-ms"));
        long nanos = millis > 0 ? TimeUnit.MILLISECONDS.toNanos(millis)
                : TimeUnit.SECONDS.toNanos(number(headers.get("retry-after")));
        return Math.min(nanos, MAX_NANOS);
    }

    private static long number(String text) {
        if (text == null || text.isEmpty() || text.length() > 9 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return 0;
        }
        return Long.parseLong(text);
    }
}
