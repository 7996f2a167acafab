// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.engine.cluster.RestPolicy.Cause;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RestPolicyTest {
    @ParameterizedTest
    @CsvSource({"429, true, RATE_LIMIT", "429, false, RATE_LIMIT", "401, true, CREDENTIALS", "402, true, CREDENTIALS",
        "403, true, CREDENTIALS", "401, false, NONE", "403, false, NONE", "400, true, NONE", "404, true, NONE",
        "407, true, NONE", "503, true, NONE", "200, true, NONE"})
    void shouldKnowWhyAnEndpointRests(int status, boolean hasCredentials, Cause cause) {
        assertEquals(cause, RestPolicy.cause(status, hasCredentials));
    }

    @ParameterizedTest
    @CsvSource({
        // cause, named, rests before, seconds
        "RATE_LIMIT, 0, 0, 1",
        "RATE_LIMIT, 0, 1, 2",
        "RATE_LIMIT, 0, 5, 32",
        "RATE_LIMIT, 0, 6, 60",
        "RATE_LIMIT, 0, 1000000, 60",
        "RATE_LIMIT, 7, 0, 7",
        "RATE_LIMIT, 300, 9, 300",
        "CREDENTIALS, 0, 0, 30",
        "CREDENTIALS, 0, 1, 60",
        "CREDENTIALS, 0, 5, 600",
        "CREDENTIALS, 1, 0, 30",
        "NONE, 9, 3, 0",
    })
    void shouldKnowHowLong(Cause cause, long namedSeconds, int before, long seconds) {
        assertEquals(TimeUnit.SECONDS.toNanos(seconds),
                RestPolicy.restNanos(cause, TimeUnit.SECONDS.toNanos(namedSeconds), before));
    }
}
