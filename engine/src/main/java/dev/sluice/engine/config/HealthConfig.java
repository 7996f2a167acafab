// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * The rules by which an endpoint is ejected for a while. The following are failures: a failed connect, a connection
 * lost before the response head, a malformed response, no response head in time, and the statuses 500, 502, 503, 504
 * and 529.
 *
 * @param maxFailures  number of consecutive failures that ejects an endpoint, 1 to 1,000,000
 * @param errorPercent percentage of failures among the answers of the last 10 to 20 s that ejects an endpoint, 0 to
 *                     100; 0 disables this rule
 * @param minAnswers   number of answers that {@code errorPercent} requires, 1 to 1,000,000
 * @param ejection     length of the first ejection; each further one is twice as long, and up to a tenth is added at
 *                     random. After the ejection one request is sent as a probe; its success ends the ejection
 * @param maxEjection  longest ejection, before the random part
 * @param maxRest      longest rest of an endpoint that asks for one, in whatever form it names the time
 * @param panicPercent if fewer than this percentage of a cluster's endpoints are not ejected, ejections are ignored,
 *                     because a common cause is more likely than the failure of so many endpoints; 0 to 100
 * @param check        periodic health checks; null to judge endpoints by their requests only
 */
public record HealthConfig(int maxFailures, int errorPercent, int minAnswers, Duration ejection, Duration maxEjection,
        Duration maxRest, int panicPercent, CheckConfig check) {
    /**
     * 5 consecutive failures or 50 % of at least 20 answers; ejected for 5 s to 60 s; rests of up to 24 h; panic below
     * 50 %; no checks.
     */
    public static final HealthConfig DEFAULT = new HealthConfig(5, 50, 20, Duration.ofSeconds(5),
            Duration.ofSeconds(60), Duration.ofHours(24), 50, null);

    public HealthConfig {
        Checks.between("max_failures", maxFailures, 1, 1_000_000);
        Checks.between("error_percent", errorPercent, 0, 100);
        Checks.between("min_answers", minAnswers, 1, 1_000_000);
        Checks.positive("ejection", ejection);
        Checks.positive("max_ejection", maxEjection);
        Checks.positive("max_rest", maxRest);
        Checks.between("panic_percent", panicPercent, 0, 100);
    }

    /**
     * Creates rules with the default failure rate and without health checks.
     *
     * @param maxFailures  number of consecutive failures that ejects an endpoint, 1 to 1,000,000
     * @param ejection     length of the first ejection
     * @param maxEjection  longest ejection
     * @param panicPercent percentage of endpoints that are not ejected below which ejections are ignored, 0 to 100
     */
    public HealthConfig(int maxFailures, Duration ejection, Duration maxEjection, int panicPercent) {
        this(maxFailures, DEFAULT.errorPercent, DEFAULT.minAnswers, ejection, maxEjection, DEFAULT.maxRest,
                panicPercent, null);
    }

    /**
     * Returns a copy with health checks.
     *
     * @param how the health checks; null for none
     * @return the copy
     */
    public HealthConfig withCheck(CheckConfig how) {
        return toBuilder().check(how).build();
    }

    /**
     * A periodic health check: a {@code GET} with the endpoint's credentials. A status below 500 is a success. Any
     * other result, or no answer in time, is a failure like that of a request.
     *
     * @param path     path below the endpoint's base URL, such as {@code /models}
     * @param interval time between the starts of two checks, plus or minus a tenth at random; longer than zero
     * @param timeout  longest time until the answer; longer than zero
     */
    public record CheckConfig(String path, Duration interval, Duration timeout) {
        public CheckConfig {
            if (path == null || !path.matches("/[!-~]*")) {
                throw new ConfigException("path", "health check path: " + path
                        + " (expected: a path that begins with a slash)");
            }
            Checks.positive("health check interval", interval);
            Checks.positive("health check timeout", timeout);
        }
    }

    /** {@return a builder that starts with the values of this configuration} */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** A builder of {@link HealthConfig}. Not thread-safe. */
    public static final class Builder {
        private int maxFailures;
        private int errorPercent;
        private int minAnswers;
        private Duration ejection;
        private Duration maxEjection;
        private Duration maxRest;
        private int panicPercent;
        private CheckConfig check;

        private Builder(HealthConfig from) {
            maxFailures = from.maxFailures;
            errorPercent = from.errorPercent;
            minAnswers = from.minAnswers;
            ejection = from.ejection;
            maxEjection = from.maxEjection;
            maxRest = from.maxRest;
            panicPercent = from.panicPercent;
            check = from.check;
        }

        /**
         * Sets {@link HealthConfig#maxFailures}.
         *
         * @param value number of consecutive failures that ejects an endpoint, 1 to 1,000,000
         * @return this builder
         */
        public Builder maxFailures(int value) {
            maxFailures = value;
            return this;
        }

        /**
         * Sets {@link HealthConfig#errorPercent}.
         *
         * @param value percentage of failures among the answers of the last 10 to 20 s that ejects an endpoint, 0 to
         *               100; 0 disables this rule
         * @return this builder
         */
        public Builder errorPercent(int value) {
            errorPercent = value;
            return this;
        }

        /**
         * Sets {@link HealthConfig#minAnswers}.
         *
         * @param value number of answers that {@code errorPercent} requires, 1 to 1,000,000
         * @return this builder
         */
        public Builder minAnswers(int value) {
            minAnswers = value;
            return this;
        }

        /**
         * Sets {@link HealthConfig#ejection}.
         *
         * @param value length of the first ejection; each further one is twice as long, and up to a tenth is added
         *               at random. After the ejection one request is sent as a probe; its success ends the ejection
         * @return this builder
         */
        public Builder ejection(Duration value) {
            ejection = value;
            return this;
        }

        /**
         * Sets {@link HealthConfig#maxEjection}.
         *
         * @param value longest ejection, before the random part
         * @return this builder
         */
        public Builder maxEjection(Duration value) {
            maxEjection = value;
            return this;
        }

        /**
         * Sets {@link HealthConfig#maxRest}.
         *
         * @param value longest rest of an endpoint that asks for one, in whatever form it names the time
         * @return this builder
         */
        public Builder maxRest(Duration value) {
            maxRest = value;
            return this;
        }

        /**
         * Sets {@link HealthConfig#panicPercent}.
         *
         * @param value if fewer than this percentage of a cluster's endpoints are not ejected, ejections are
         *               ignored, because a common cause is more likely than the failure of so many endpoints; 0 to
         *               100
         * @return this builder
         */
        public Builder panicPercent(int value) {
            panicPercent = value;
            return this;
        }

        /**
         * Sets {@link HealthConfig#check}.
         *
         * @param value periodic health checks; null to judge endpoints by their requests only
         * @return this builder
         */
        public Builder check(CheckConfig value) {
            check = value;
            return this;
        }

        /**
         * Returns the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException if a value is out of its range
         */
        public HealthConfig build() {
            return new HealthConfig(maxFailures, errorPercent, minAnswers, ejection, maxEjection, maxRest,
                    panicPercent, check);
        }
    }
}
