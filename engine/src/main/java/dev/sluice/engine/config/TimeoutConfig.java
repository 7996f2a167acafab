// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * Timers. Long silence is normal with reasoning models: nothing here bounds a whole exchange unless it is asked to.
 *
 * @param requestHead    from the first byte of a request head to its last; then 408
 * @param bodyGrace      how long a request body may take before it must keep a pace of 1 KB/s; then 408
 * @param connect        one TCP connect
 * @param tlsHandshake   one TLS handshake, on either side
 * @param responseHead   from the end of the request to the response head; then 504
 * @param firstEvent     from the response head to the first byte of its body; then 504
 * @param betweenReads   between two reads of a response body; then the stream ends as lost
 * @param exchange       a whole exchange; zero, the default, for no bound
 * @param writeStall     how long a downstream may take nothing of what is waiting for it; then it is closed
 * @param downstreamIdle a kept-alive downstream connection without a request
 * @param upstreamIdle   a pooled upstream connection without a request; below the 15 s at which big upstreams close
 * @param upstreamLifetime a connection to an upstream from its start; it gets no further request then, give or take a
 *                       tenth, so that those that were opened together are not replaced together. Zero for no bound
 * @param drain          how long a drain waits for running exchanges
 */
public record TimeoutConfig(Duration requestHead, Duration bodyGrace, Duration connect, Duration tlsHandshake,
        Duration responseHead, Duration firstEvent, Duration betweenReads, Duration exchange, Duration writeStall,
        Duration downstreamIdle, Duration upstreamIdle, Duration upstreamLifetime, Duration drain) {

    /** What each component of a {@link #builder} starts with. */
    public static final TimeoutConfig DEFAULT = builder().build();

    public TimeoutConfig {
        Checks.positive("request_head", requestHead);
        Checks.positive("body_grace", bodyGrace);
        Checks.positive("connect", connect);
        Checks.positive("tls_handshake", tlsHandshake);
        Checks.positive("response_head", responseHead);
        Checks.positive("first_event", firstEvent);
        Checks.positive("between_reads", betweenReads);
        Checks.notNegative("exchange", exchange);
        Checks.positive("write_stall", writeStall);
        Checks.positive("downstream_idle", downstreamIdle);
        Checks.notNegative("upstream_idle", upstreamIdle);
        Checks.notNegative("upstream_lifetime", upstreamLifetime);
        Checks.notNegative("drain", drain);
    }

    /** Starts with every default set. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects the timers. */
    public static final class Builder {
        private Duration requestHead = Duration.ofSeconds(10);
        private Duration bodyGrace = Duration.ofSeconds(10);
        private Duration connect = Duration.ofSeconds(3);
        private Duration tlsHandshake = Duration.ofSeconds(10);
        private Duration responseHead = Duration.ofMinutes(10);
        private Duration firstEvent = Duration.ofMinutes(10);
        private Duration betweenReads = Duration.ofMinutes(10);
        private Duration exchange = Duration.ZERO;
        private Duration writeStall = Duration.ofSeconds(60);
        private Duration downstreamIdle = Duration.ofSeconds(75);
        private Duration upstreamIdle = Duration.ofSeconds(14);
        private Duration upstreamLifetime = Duration.ofMinutes(30);
        private Duration drain = Duration.ofSeconds(30);

        private Builder() {
        }

        /** Sets {@link TimeoutConfig#requestHead}. */
        public Builder requestHead(Duration value) {
            requestHead = value;
            return this;
        }

        /** Sets {@link TimeoutConfig#bodyGrace}. */
        public Builder bodyGrace(Duration value) {
            bodyGrace = value;
            return this;
        }

        /** Sets {@link TimeoutConfig#connect}. */
        public Builder connect(Duration value) {
            connect = value;
            return this;
        }

        /** Sets {@link TimeoutConfig#tlsHandshake}. */
        public Builder tlsHandshake(Duration value) {
            tlsHandshake = value;
            return this;
        }

        /** Sets {@link TimeoutConfig#responseHead}. */
        public Builder responseHead(Duration value) {
            responseHead = value;
            return this;
        }

        /** Sets {@link TimeoutConfig#firstEvent}. */
        public Builder firstEvent(Duration value) {
            firstEvent = value;
            return this;
        }

        /** Sets {@link TimeoutConfig#betweenReads}. */
        public Builder betweenReads(Duration value) {
            betweenReads = value;
            return this;
        }

        /** Sets {@link TimeoutConfig#exchange}. */
        public Builder exchange(Duration value) {
            exchange = value;
            return this;
        }

        /** Sets {@link TimeoutConfig#writeStall}. */
        public Builder writeStall(Duration value) {
            writeStall = value;
            return this;
        }

        /** Sets {@link TimeoutConfig#downstreamIdle}. */
        public Builder downstreamIdle(Duration value) {
            downstreamIdle = value;
            return this;
        }

        /** Sets {@link TimeoutConfig#upstreamIdle}. */
        public Builder upstreamIdle(Duration value) {
            upstreamIdle = value;
            return this;
        }

        /** Sets {@link TimeoutConfig#upstreamLifetime}. */
        public Builder upstreamLifetime(Duration value) {
            upstreamLifetime = value;
            return this;
        }

        /** Sets {@link TimeoutConfig#drain}. */
        public Builder drain(Duration value) {
            drain = value;
            return this;
        }

        /** Returns the timers. */
        public TimeoutConfig build() {
            return new TimeoutConfig(requestHead, bodyGrace, connect, tlsHandshake, responseHead,
                    firstEvent, betweenReads, exchange, writeStall, downstreamIdle, upstreamIdle, upstreamLifetime,
                    drain);
        }
    }
}
