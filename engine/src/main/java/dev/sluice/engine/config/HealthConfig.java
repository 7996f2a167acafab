// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * When an endpoint is left out for a while. Failures are: no connection, a connection lost before the response head, a
 * malformed response, no head in time, and the statuses 500, 502, 503, 504 and 529.
 *
 * @param maxFailures  so many failures without a success between them eject an endpoint
 * @param errorPercent so does this share of failures among its last answers, those of 10 to 20 s; 0 for no such limit
 * @param minAnswers   how many answers there must be for that
 * @param ejection     for how long, the first time; twice as long each further time, and up to a tenth more. After it
 *                     one request is let through, and by its success the endpoint is back
 * @param maxEjection  the longest
 * @param panicPercent where fewer endpoints of a cluster than this share are available, all of them are tried: it is
 *                     less likely that they all fail than that something else does
 * @param check        how endpoints are asked whether they are well; null for only by the requests they get
 */
public record HealthConfig(int maxFailures, int errorPercent, int minAnswers, Duration ejection, Duration maxEjection,
        int panicPercent, CheckConfig check) {
    /** 5 failures, or half of at least 20 answers; 5 s to 60 s; panic below 50 %; no checks. */
    public static final HealthConfig DEFAULT = new HealthConfig(5, 50, 20, Duration.ofSeconds(5),
            Duration.ofSeconds(60), 50, null);

    public HealthConfig {
        Checks.between("max_failures", maxFailures, 1, 1_000_000);
        Checks.between("error_percent", errorPercent, 0, 100);
        Checks.between("min_answers", minAnswers, 1, 1_000_000);
        Checks.positive("ejection", ejection);
        Checks.positive("max_ejection", maxEjection);
        Checks.between("panic_percent", panicPercent, 0, 100);
    }

    /** The defaults, but for what is said here. */
    public HealthConfig(int maxFailures, Duration ejection, Duration maxEjection, int panicPercent) {
        this(maxFailures, DEFAULT.errorPercent, DEFAULT.minAnswers, ejection, maxEjection, panicPercent, null);
    }

    /** Returns these with endpoints that are asked. */
    public HealthConfig withCheck(CheckConfig how) {
        return new HealthConfig(maxFailures, errorPercent, minAnswers, ejection, maxEjection, panicPercent, how);
    }

    /**
     * How an endpoint is asked whether it is well: {@code GET} with its credentials. Any answer below 500 says so,
     * nothing in time or anything else is a failure as one of a request's is.
     *
     * @param path     below the endpoint's base URL, such as {@code /models}
     * @param interval from one check to the next, give or take a tenth
     * @param timeout  how long it may take to answer
     */
    public record CheckConfig(String path, Duration interval, Duration timeout) {
        public CheckConfig {
            if (path == null || !path.matches("/[!-~]*")) {
                throw new IllegalArgumentException("health check path: " + path
                        + " (expected: a path that begins with a slash)");
            }
            Checks.positive("health check interval", interval);
            Checks.positive("health check timeout", timeout);
        }
    }
}
