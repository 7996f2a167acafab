// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.HealthConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointHealthTest {
    /** An endpoint that serves a request accepts its credentials. Its rate limit may still be reached for others. */
    @ParameterizedTest
    @CsvSource({"CREDENTIALS, unauthorized, available", "RATE_LIMIT, cooling, cooling"})
    void shouldEndTheRestOfAnEndpointWhoseCredentialsServe(RestPolicy.Cause cause, String resting, String afterwards) {
        EndpointHealth health = new EndpointHealth(new HealthConfig(3, Duration.ofSeconds(5), Duration.ofSeconds(60),
                50));
        health.rest(cause, "m", 0, 0);
        assertEquals(resting, health.state(1));

        health.recordServed("m", 0, 1);

        assertEquals(afterwards, health.state(1));
        assertEquals(afterwards.equals("available"), health.isAvailable("m", 1));
    }

    /** A request that began before a rest says nothing about the time after it, so the next rest is longer. */
    @ParameterizedTest
    @CsvSource({"-1, 2", "2000000000, 1"})
    void shouldNotForgetARestBecauseOfAnEarlierRequest(long startedNanos, int seconds) {
        EndpointHealth health = new EndpointHealth(HealthConfig.DEFAULT);
        long second = TimeUnit.SECONDS.toNanos(1);
        health.rest(RestPolicy.Cause.RATE_LIMIT, "m", 0, 0);

        health.recordServed("m", startedNanos, 3 * second);
        health.rest(RestPolicy.Cause.RATE_LIMIT, "m", 0, 3 * second);

        assertEquals(seconds * second, health.leftNanos("m", 3 * second));
    }

    /** Refusals of requests that were in flight together are one rest, whether or not they name its time. */
    @ParameterizedTest
    @CsvSource({"RATE_LIMIT, 0, 2", "RATE_LIMIT, 1, 2", "CREDENTIALS, 0, 60", "CREDENTIALS, 1, 60"})
    void shouldCountRefusalsAtOnceAsOneRest(RestPolicy.Cause cause, int named, int nextSeconds) {
        EndpointHealth health = new EndpointHealth(HealthConfig.DEFAULT);
        long second = TimeUnit.SECONDS.toNanos(1);
        for (int i = 0; i < 8; i++) {
            health.rest(cause, "m", named * second, i);
        }

        health.rest(cause, "m", 0, 31 * second);

        assertEquals(nextSeconds * second, health.leftNanos("m", 31 * second));
    }

    /** Many names of models never cost the endpoint a rest of its own; the shortest rest makes room. */
    @Test
    void shouldForgetTheShortestOfTooManyRests() {
        EndpointHealth health = new EndpointHealth(HealthConfig.DEFAULT);
        health.rest(RestPolicy.Cause.RATE_LIMIT, "long", TimeUnit.HOURS.toNanos(1), 0);
        for (int i = 0; i < 1000; i++) {
            health.rest(RestPolicy.Cause.RATE_LIMIT, "m" + i, TimeUnit.MINUTES.toNanos(1) + i, 0);
            health.restFor("n" + i, 0, TimeUnit.MINUTES.toNanos(1) + i);
        }

        assertTrue(health.isAvailable("other", 1));
        assertFalse(health.isAvailable("m999", 1));
        assertFalse(health.isAvailable("long", 1));
        assertTrue(health.isAvailable("m0", 1));
    }
}
