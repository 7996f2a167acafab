// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.engine.config.HealthConfig;
import java.time.Duration;
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

        health.recordServed("m", 1);

        assertEquals(afterwards, health.state(1));
        assertEquals(afterwards.equals("available"), health.isAvailable("m", 1));
    }
}
