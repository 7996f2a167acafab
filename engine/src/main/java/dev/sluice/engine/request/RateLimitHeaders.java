// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import static dev.sluice.engine.request.RestTime.number;

import dev.sluice.protocol.event.Failure;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;

/**
 * The rest time that an upstream asks for, in the headers of any of its responses or in the body of a refusal. The
 * configuration bounds the rest that follows.
 */
final class RateLimitHeaders {

    /** Names with cached hashes, because they are looked up in every response. */
    private static final AsciiString RETRY_AFTER_MS = AsciiString.cached("retry-after-ms");
    private static final AsciiString REQUESTS_LEFT = AsciiString.cached("x-ratelimit-remaining-requests");
    private static final AsciiString REQUESTS_RESET = AsciiString.cached("x-ratelimit-reset-requests");
    private static final AsciiString TOKENS_LEFT = AsciiString.cached("x-ratelimit-remaining-tokens");
    private static final AsciiString TOKENS_RESET = AsciiString.cached("x-ratelimit-reset-tokens");
    private static final AsciiString RESET = AsciiString.cached("x-ratelimit-reset");
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
     * @return nanoseconds; 0 if neither is set or both are in the past
     */
    public static long retryAfterNanos(HttpHeaders headers, long epochMillis) {
        return Math.max(RestTime.nanosOfMillis(headers.get(RETRY_AFTER_MS), epochMillis),
                RestTime.nanos(headers.get(HttpHeaderNames.RETRY_AFTER), epochMillis));
    }

    /**
     * Returns the latest time that a refusal because of a rate limit names: that of {@link #retryAfterNanos}, or the
     * reset of any limit ({@code x-ratelimit-reset-*}), whether or not the limit is reported as used up.
     *
     * @param headers     the headers of the refusal
     * @param epochMillis the current time
     * @return nanoseconds; 0 for none
     */
    public static long namedNanos(HttpHeaders headers, long epochMillis) {
        long reset = Math.max(RestTime.nanos(headers.get(RESET), epochMillis),
                Math.max(RestTime.nanos(headers.get(REQUESTS_RESET), epochMillis),
                        RestTime.nanos(headers.get(TOKENS_RESET), epochMillis)));
        return Math.max(retryAfterNanos(headers, epochMillis), reset);
    }

    /**
     * Returns the latest time that the text of a failure names.
     *
     * @param epochMillis the current time
     * @return nanoseconds; 0 for none
     */
    public static long namedNanos(Failure failure, long epochMillis) {
        long latest = 0;
        for (var time : failure.times().entrySet()) {
            latest = Math.max(latest, time.getKey().endsWith("_ms") ? RestTime.nanosOfMillis(time.getValue(),
                    epochMillis) : RestTime.nanos(time.getValue(), epochMillis));
        }
        return latest;
    }

    /**
     * Returns the time until the reset of an exhausted limit of requests or tokens ({@code x-ratelimit-*}), which
     * concerns one model.
     *
     * @param headers     the headers of any response
     * @param epochMillis the current time
     * @return nanoseconds; 0 if no limit is exhausted
     */
    public static long limitNanos(HttpHeaders headers, long epochMillis) {
        return Math.max(limitNanos(headers, REQUESTS_LEFT, REQUESTS_RESET, epochMillis),
                limitNanos(headers, TOKENS_LEFT, TOKENS_RESET, epochMillis));
    }

    private static long limitNanos(HttpHeaders headers, AsciiString left, AsciiString reset, long epochMillis) {
        if (number(headers.get(left)) != 0) {
            return 0; // -1 if the header is missing
        }
        return RestTime.nanos(headers.get(reset), epochMillis);
    }

    /**
     * Returns the time until the reset of an exhausted window of a subscription ({@code x-codex-*}), which concerns the
     * whole endpoint.
     *
     * @param headers     the headers of any response
     * @param epochMillis the current time
     * @return nanoseconds; 0 if no window is exhausted
     */
    public static long windowNanos(HttpHeaders headers, long epochMillis) {
        return Math.max(PRIMARY.nanos(headers, epochMillis), SECONDARY.nanos(headers, epochMillis));
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
        long nanos(HttpHeaders headers, long epochMillis) {
            if (number(headers.get(usedPercent)) < 100) {
                return 0;
            }
            return Math.max(RestTime.nanos(headers.get(resetAt), epochMillis),
                    Math.max(RestTime.nanos(headers.get(resetAfter), epochMillis),
                            RestTime.nanos(headers.get(resetsIn), epochMillis)));
        }
    }
}
