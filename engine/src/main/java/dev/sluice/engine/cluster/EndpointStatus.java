// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import java.util.List;
import java.util.Map;

/**
 * The state of an endpoint, as the balancer and the health checks see it.
 *
 * @param cluster  the name of its cluster
 * @param endpoint host and port; with {@code #1} and so on for further accounts at the same URL
 * @param state    {@code available}, {@code cooling}, {@code unauthorized}, {@code ejected} or {@code half_open}
 * @param inFlight requests in flight
 * @param waits    why requests, or those for a model, stay away now
 * @param begun    how often it has begun to rest, by the cause
 */
public record EndpointStatus(String cluster, String endpoint, String state, int inFlight, List<Wait> waits,
        Map<Cause, Long> begun) {

    /** All states. */
    public static final List<String> STATES = List.of("available", "cooling", "unauthorized", "ejected", "half_open");

    /**
     * A reason why requests stay away.
     *
     * @param model     the only model that rests; empty for requests without a model, null for all
     * @param cause     the cause
     * @param leftNanos the time until it ends, in nanoseconds
     */
    public record Wait(String model, Cause cause, long leftNanos) {
    }

    /** Why requests stay away from an endpoint. */
    public enum Cause {
        /** It did not answer, or with a status such as 503, so that it was ejected. */
        FAILURES("failures"),
        /** It has reached a rate limit. */
        RATE_LIMIT("rate_limit"),
        /** It does not have the model. */
        MODEL_MISSING("model_missing"),
        /** It refuses the relay's credentials. */
        CREDENTIALS("credentials"),
        /** It has asked to be left alone. */
        ASKED("asked");

        private final String label;

        Cause(String label) {
            this.label = label;
        }

        /** {@return the name in metrics} */
        public String label() {
            return label;
        }

        static Cause of(RestPolicy.Cause cause, boolean isOfModel) {
            return switch (cause) {
                case RATE_LIMIT -> RATE_LIMIT;
                case MODEL_MISSING -> MODEL_MISSING;
                case CREDENTIALS -> CREDENTIALS;
                case NONE -> isOfModel ? RATE_LIMIT : ASKED;
            };
        }
    }
}
