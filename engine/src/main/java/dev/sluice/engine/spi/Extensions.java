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
 * @param affinityStore who remembers which endpoint a response or session belongs to; its own is a table in memory
 * @param requestQuota  who bounds what each caller may do; its own counts the limits of the configuration's keys
 * @param nanoClock     the time that deadlines go by, like {@link System#nanoTime}; for tests
 */
public record Extensions(Authenticator authenticator, UsageSink usageSink, MetricsFormat metricsFormat,
        AffinityStore affinityStore, RequestQuota requestQuota, LongSupplier nanoClock) {
    /** Nothing replaced. */
    public static final Extensions NONE = new Extensions(null, null, null, null, null, null);

    /** Returns these with another authenticator. */
    public Extensions withAuthenticator(Authenticator replacement) {
        return new Extensions(replacement, usageSink, metricsFormat, affinityStore, requestQuota, nanoClock);
    }

    /** Returns these with another usage sink. */
    public Extensions withUsageSink(UsageSink replacement) {
        return new Extensions(authenticator, replacement, metricsFormat, affinityStore, requestQuota, nanoClock);
    }

    /** Returns these with another metrics format. */
    public Extensions withMetricsFormat(MetricsFormat replacement) {
        return new Extensions(authenticator, usageSink, replacement, affinityStore, requestQuota, nanoClock);
    }

    /** Returns these with another clock. */
    public Extensions withNanoClock(LongSupplier replacement) {
        return new Extensions(authenticator, usageSink, metricsFormat, affinityStore, requestQuota, replacement);
    }

    /** Returns these with another memory of owners. */
    public Extensions withAffinityStore(AffinityStore replacement) {
        return new Extensions(authenticator, usageSink, metricsFormat, replacement, requestQuota, nanoClock);
    }

    /** Returns these with other bounds of callers. */
    public Extensions withRequestQuota(RequestQuota replacement) {
        return new Extensions(authenticator, usageSink, metricsFormat, affinityStore, replacement, nanoClock);
    }
}
