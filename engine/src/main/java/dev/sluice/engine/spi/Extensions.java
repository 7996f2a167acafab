// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.util.function.LongSupplier;

/**
 * What an embedder replaces; null keeps the relay's own.
 *
 * @param authenticator who may call; its own compares the keys of the configuration
 * @param usageSink     who is told of usage; its own is the access log alone
 * @param metricsFormat how {@code /metrics} is written; without one that page is not served
 * @param nanoClock     the time that deadlines go by, like {@link System#nanoTime}; for tests
 */
public record Extensions(Authenticator authenticator, UsageSink usageSink, MetricsFormat metricsFormat,
        LongSupplier nanoClock) {
    /** Nothing replaced. */
    public static final Extensions NONE = new Extensions(null, null, null, null);

    /** Returns these with another authenticator. */
    public Extensions withAuthenticator(Authenticator replacement) {
        return new Extensions(replacement, usageSink, metricsFormat, nanoClock);
    }

    /** Returns these with another usage sink. */
    public Extensions withUsageSink(UsageSink replacement) {
        return new Extensions(authenticator, replacement, metricsFormat, nanoClock);
    }

    /** Returns these with another metrics format. */
    public Extensions withMetricsFormat(MetricsFormat replacement) {
        return new Extensions(authenticator, usageSink, replacement, nanoClock);
    }

    /** Returns these with another clock. */
    public Extensions withNanoClock(LongSupplier replacement) {
        return new Extensions(authenticator, usageSink, metricsFormat, replacement);
    }
}
