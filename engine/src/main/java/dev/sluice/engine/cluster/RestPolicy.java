// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import java.util.concurrent.TimeUnit;

/**
 * The decisions what rests after a response that refuses more than one request, and for how long; pure. A rate limit
 * and a missing model concern one model of an endpoint, everything else the endpoint.
 */
public final class RestPolicy {
    private static final long FIRST_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long MAX_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long FIRST_CREDENTIALS_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long MAX_CREDENTIALS_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final int MAX_DOUBLINGS = 16;

    private RestPolicy() {
    }

    /**
     * Returns why an endpoint rests after a response.
     *
     * @param status         the response's status
     * @param hasCredentials whether the request carried credentials of the endpoint's own
     * @return the cause, or {@link Cause#NONE}
     */
    public static Cause cause(int status, boolean hasCredentials) {
        return switch (status) {
            case 429 -> Cause.RATE_LIMIT;
            case 401, 402, 403 -> hasCredentials ? Cause.CREDENTIALS : Cause.NONE;
            default -> Cause.NONE;
        };
    }

    /**
     * Returns how long an endpoint rests.
     *
     * @param cause      why
     * @param namedNanos the time that the response names; 0 for none
     * @param before     how often the model or the endpoint has rested since it last served a request
     * @return nanoseconds; 0 for {@link Cause#NONE}
     */
    public static long restNanos(Cause cause, long namedNanos, int before) {
        int doublings = Math.min(before, MAX_DOUBLINGS);
        return switch (cause) {
            case NONE -> 0;
            case RATE_LIMIT, MODEL_MISSING -> namedNanos > 0 ? namedNanos
                    : Math.min(FIRST_LIMIT_NANOS << doublings, MAX_LIMIT_NANOS);
            case CREDENTIALS -> Math.min(FIRST_CREDENTIALS_NANOS << doublings, MAX_CREDENTIALS_NANOS);
        };
    }

    /** Why an endpoint rests. */
    public enum Cause {
        /** It does not rest because of this response. */
        NONE,
        /** It has reached a rate limit for the model. */
        RATE_LIMIT,
        /** It does not have the model. */
        MODEL_MISSING,
        /** It refuses the endpoint's own credentials, or their account. */
        CREDENTIALS;

        /** {@return whether only the requested model rests, and not the whole endpoint} */
        public boolean isOfModel() {
            return this == RATE_LIMIT || this == MODEL_MISSING;
        }
    }
}
