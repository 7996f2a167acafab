// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.protocol.event.Failure;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RateLimitHeadersTest {
    private static HttpHeaders headers(String... namesAndValues) {
        HttpHeaders headers = new DefaultHttpHeaders();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return headers;
    }

    @ParameterizedTest
    @CsvSource({"1s,1000", "6m0s,360000", "20ms,20", "1h2m3.5s,3723500", "90,90000", "2d,172800000", "soon,0", "-1,0",
        "999999999999999999999s,0", "'',0"})
    void shouldReadTheTimeToAReset(String reset, long millis) {
        assertEquals(millis, TimeUnit.NANOSECONDS.toMillis(RateLimitHeaders.limitNanos(headers(
                "x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", reset), 0)));
    }

    @Test
    void shouldTakeTheLongestOfWhatIsUsedUp() {
        HttpHeaders left = headers("x-ratelimit-remaining-requests", "7", "x-ratelimit-reset-requests", "9s",
                "x-codex-primary-used-percent", "99.5", "x-codex-primary-reset-after-seconds", "50");
        assertEquals(0, RateLimitHeaders.limitNanos(left, 0));
        assertEquals(0, RateLimitHeaders.windowNanos(left, 0));
        left.add("x-ratelimit-remaining-tokens", "0").add("x-ratelimit-reset-tokens", "4s");
        assertEquals(4, TimeUnit.NANOSECONDS.toSeconds(RateLimitHeaders.limitNanos(left, 0)));
        left.add("x-codex-secondary-used-percent", "100").add("x-codex-secondary-reset-at", "1000000060");
        assertEquals(60, TimeUnit.NANOSECONDS.toSeconds(RateLimitHeaders.windowNanos(left, 1_000_000_000_000L)));
    }

    /** The members of an error that name a time, wherever the upstream puts them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"error":{"type":"usage_limit_reached","resets_in_seconds":90}}            | 90000
            {"error":{"resets_at":1000000009}}                                         | 9000
            {"error":{"resets_at":"1000000009"}}                                       | 9000
            {"error":{"resets_at":"2001-09-09T01:46:43Z"}}                             | 3000
            {"error":{"resets_at":"2001-09-09T03:46:43.5+02:00"}}                      | 3500
            {"error":{"code":429,"retry_after":2.5}}                                   | 2500
            {"error":{"code":429,"metadata":{"retry_after":"1m30s"}}}                  | 90000
            {"retry_after":"Sun, 09 Sep 2001 01:46:43 GMT"}                            | 3000
            {"retry_after_ms":250}                                                     | 250
            {"detail":{"error":{"retry_after":1,"resets_in_seconds":7.0e0}}}           | 7000
            {"error":{"resets_in_seconds":-4}}                                         | 0
            {"error":{"resets_in_seconds":null,"retry_after":true,"resets_at":"soon"}} | 0
            {"error":{"message":"Please try again in 20s."}}                           | 0
            [{"retry_after":1}]                                                        | 0
            not JSON                                                                   | 0
            {"metadata":{"retry_after":5},"error":{"code":429}}                        | 0
            {"response":{"metadata":{"retry_after":5},"error":{"retry_after":2}}}      | 2000
            {"response":{"retry_after":3,"text":{"retry_after":5}}}                    | 3000
            {"error":{"retry_after":"+999999999-12-31T23:59:59Z"}}                     | 0
            {"error":{"retry_after":1e99}}                                             | 31536000000
            {"retry_after":5                                                           | 0
            """)
    void shouldReadTheTimesInAnError(String body, long millis) {
        assertEquals(millis, TimeUnit.NANOSECONDS.toMillis(RateLimitHeaders.namedNanos(Failure.ofErrorBody(
                body.getBytes(StandardCharsets.UTF_8)), 1_000_000_000_000L)));
    }

    /** The time is 1,000,000,000 s after 1970, which is Sun, 09 Sep 2001 01:46:40 GMT. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            retry-after                | 2                             | 2000
            retry-after                | 1.5                           | 1500
            retry-after                | 86400                         | 86400000
            retry-after                | Sun, 09 Sep 2001 01:46:43 GMT | 3000
            retry-after                | Sunday, 09-Sep-01 01:46:43 GMT | 3000
            retry-after                | Sun Sep  9 01:46:43 2001      | 3000
            retry-after                | Sun, 09 Sep 2001 01:46:30 GMT | 0
            retry-after                | soon                          | 0
            retry-after                | -5                            | 0
            retry-after-ms             | 1500                          | 1500
            x-ratelimit-reset-requests | 1s                            | 1000
            x-ratelimit-reset-requests | 6m0s                          | 360000
            x-ratelimit-reset-tokens   | 120ms                         | 120
            x-ratelimit-reset-tokens   | 7                             | 7000
            x-ratelimit-reset-tokens   | 1000000009                    | 9000
            x-ratelimit-reset-requests | 1000000009500                 | 9500
            x-ratelimit-reset-requests | 1000000000                    | 0
            x-ratelimit-limit-requests | 60                            | 0
            retry-after                | +999999999-12-31T23:59:59Z    | 0
            x-ratelimit-reset          | -999999999-01-01T00:00:00Z    | 0
            retry-after                | Fri, 31 Dec 99999 23:59:59 GMT | 0
            """)
    void shouldReadEveryFormOfATime(String name, String value, long millis) {
        assertEquals(millis, TimeUnit.NANOSECONDS.toMillis(
                RateLimitHeaders.namedNanos(headers(name, value), 1_000_000_000_000L)));
    }

    /** A text that is too long names no time, whatever parser might read it. */
    @ParameterizedTest
    @ValueSource(strings = {"retry-after", "retry-after-ms", "x-ratelimit-reset", "x-ratelimit-reset-tokens"})
    void shouldNotReadALongText(String name) {
        for (String unit : new String[] {"x", "1", "x ", "1s", "1.", ":", "Sun, 09 Sep 2001 01:46:43 GMT "}) {
            assertEquals(0, RateLimitHeaders.namedNanos(headers(name, unit.repeat(10_000)), 1_000_000_000_000L), unit);
        }
    }

    @Test
    void shouldObeyTheLatestTime() {
        assertEquals(2000, TimeUnit.NANOSECONDS.toMillis(RateLimitHeaders.retryAfterNanos(headers("retry-after", "2",
                "retry-after-ms", "1500"), 0)));
        assertEquals(4000, TimeUnit.NANOSECONDS.toMillis(RateLimitHeaders.namedNanos(headers("retry-after", "2",
                "x-ratelimit-reset-tokens", "4s", "x-ratelimit-reset-requests", "1s"), 0)));
    }
}
