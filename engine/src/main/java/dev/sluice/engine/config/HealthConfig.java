// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * When an endpoint is left out for a while. Failures are: no connection, a connection lost before the response head, a
 * malformed response, no head in time, and the statuses 500, 502, 503, 504 and 529.
 *
 * @param maxFailures  so many failures without a success between them eject an endpoint
 * @param ejection     for how long, the first time; twice as long each further time, and up to a tenth more. After it
 *                     one request is let through, and by its success the endpoint is back
 * @param maxEjection  the longest
 * @param panicPercent where fewer endpoints of a cluster than this share are available, all of them are tried: it is
 *                     less likely that they all fail than that something else does
 */
public record HealthConfig(int maxFailures, Duration ejection, Duration maxEjection, int panicPercent) {
    /** 5 failures, 5 s to 60 s, panic below 50 %. */
    public static final HealthConfig DEFAULT = new HealthConfig(5, Duration.ofSeconds(5), Duration.ofSeconds(60), 50);

    public HealthConfig {
        Checks.between("max_failures", maxFailures, 1, 1_000_000);
        Checks.positive("ejection", ejection);
        Checks.positive("max_ejection", maxEjection);
        Checks.between("panic_percent", panicPercent, 0, 100);
    }
}
