// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * The timeouts. Long silence is normal for reasoning models, so no timeout limits a whole exchange unless
 * {@code exchange} is set.
 *
 * @param requestHead    time from the first to the last byte of a request head; then 408
 * @param bodyGrace      time after which a request body must arrive at 1 KB/s or more; then 408
 * @param connect        time of one TCP connect
 * @param tlsHandshake   time of one TLS handshake, on either side
 * @param responseHead   time from the end of the request to the response head; then 504
 * @param firstEvent     time from the response head to the first byte of its body; then 504
 * @param betweenReads   time between two reads of a response body; then the upstream counts as lost
 * @param exchange       time of a whole exchange; zero, the default, for no limit
 * @param writeStall     time in which a downstream takes none of the bytes that wait for it; then it is closed
 * @param websocketIdle  time that a downstream's WebSocket may stay without a message or an open response; zero, the
 *                       default, for no limit
 * @param downstreamIdle time that a kept-alive downstream connection may stay without a request
 * @param upstreamIdle   time that a pooled upstream connection may stay without a request; the default is below the 15
 *                       s after which large upstreams close a connection
 * @param upstreamLifetime age at which an upstream connection receives no further requests, plus or minus a tenth at
 *                       random, so that connections that were opened together are not replaced together. Zero for no
 *                       limit
 * @param quota          time in which the store of quotas must answer; then {@link LimitConfig#onQuotaLoss} counts
 * @param affinity       time in which the store of owners must answer; then {@link AffinityConfig#onStoreLoss} counts
 * @param drain          longest time that a drain waits for exchanges in flight; zero to wait for none
 */
public record TimeoutConfig(Duration requestHead, Duration bodyGrace, Duration connect, Duration tlsHandshake,
        Duration responseHead, Duration firstEvent, Duration betweenReads, Duration exchange, Duration writeStall,
        Duration websocketIdle, Duration downstreamIdle, Duration upstreamIdle, Duration upstreamLifetime,
        Duration quota, Duration affinity, Duration drain) {

    /**
     * 10 s for a request head and as body grace, 3 s to connect, 10 s for a handshake, 10 min each for the response
     * head, the first event and between reads, no limit for an exchange, 60 s of write stall, 75 s and 14 s of idle
     * downstream and upstream connections, 30 min of upstream lifetime, 2 s for quotas, 1 s for owners, 30 s of
     * drain.
     */
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
        Checks.notNegative("websocket_idle", websocketIdle);
        Checks.positive("downstream_idle", downstreamIdle);
        Checks.notNegative("upstream_idle", upstreamIdle);
        Checks.notNegative("upstream_lifetime", upstreamLifetime);
        Checks.positive("quota", quota);
        Checks.positive("affinity", affinity);
        Checks.notNegative("drain", drain);
    }

    /** {@return a builder with the values of {@link #DEFAULT}} */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder of {@link TimeoutConfig}. Not thread-safe. */
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
        private Duration websocketIdle = Duration.ZERO;
        private Duration downstreamIdle = Duration.ofSeconds(75);
        private Duration upstreamIdle = Duration.ofSeconds(14);
        private Duration upstreamLifetime = Duration.ofMinutes(30);
        private Duration quota = Duration.ofSeconds(2);
        private Duration affinity = Duration.ofSeconds(1);
        private Duration drain = Duration.ofSeconds(30);

        private Builder() {
        }

        /**
         * Sets {@link TimeoutConfig#requestHead}.
         *
         * @param value the timeout; longer than zero
         * @return this builder
         */
        public Builder requestHead(Duration value) {
            requestHead = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#bodyGrace}.
         *
         * @param value the timeout; longer than zero
         * @return this builder
         */
        public Builder bodyGrace(Duration value) {
            bodyGrace = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#connect}.
         *
         * @param value the timeout; longer than zero
         * @return this builder
         */
        public Builder connect(Duration value) {
            connect = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#tlsHandshake}.
         *
         * @param value the timeout; longer than zero
         * @return this builder
         */
        public Builder tlsHandshake(Duration value) {
            tlsHandshake = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#responseHead}.
         *
         * @param value the timeout; longer than zero
         * @return this builder
         */
        public Builder responseHead(Duration value) {
            responseHead = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#firstEvent}.
         *
         * @param value the timeout; longer than zero
         * @return this builder
         */
        public Builder firstEvent(Duration value) {
            firstEvent = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#betweenReads}.
         *
         * @param value the timeout; longer than zero
         * @return this builder
         */
        public Builder betweenReads(Duration value) {
            betweenReads = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#exchange}.
         *
         * @param value the timeout; zero for no limit
         * @return this builder
         */
        public Builder exchange(Duration value) {
            exchange = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#writeStall}.
         *
         * @param value the timeout; longer than zero
         * @return this builder
         */
        public Builder writeStall(Duration value) {
            writeStall = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#websocketIdle}.
         *
         * @param value the timeout; zero for no limit
         * @return this builder
         */
        public Builder websocketIdle(Duration value) {
            websocketIdle = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#downstreamIdle}.
         *
         * @param value the timeout; longer than zero
         * @return this builder
         */
        public Builder downstreamIdle(Duration value) {
            downstreamIdle = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#upstreamIdle}.
         *
         * @param value the timeout; zero closes an idle connection within 250 ms
         * @return this builder
         */
        public Builder upstreamIdle(Duration value) {
            upstreamIdle = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#upstreamLifetime}.
         *
         * @param value the timeout; zero for no limit
         * @return this builder
         */
        public Builder upstreamLifetime(Duration value) {
            upstreamLifetime = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#quota}.
         *
         * @param value the timeout, longer than zero
         * @return this builder
         */
        public Builder quota(Duration value) {
            quota = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#affinity}.
         *
         * @param value the timeout, longer than zero
         * @return this builder
         */
        public Builder affinity(Duration value) {
            affinity = value;
            return this;
        }

        /**
         * Sets {@link TimeoutConfig#drain}.
         *
         * @param value the timeout; zero to wait for none
         * @return this builder
         */
        public Builder drain(Duration value) {
            drain = value;
            return this;
        }

        /**
         * Builds the timeouts.
         *
         * @return the timeouts
         * @throws IllegalArgumentException if a timeout is out of range
         */
        public TimeoutConfig build() {
            return new TimeoutConfig(requestHead, bodyGrace, connect, tlsHandshake, responseHead,
                    firstEvent, betweenReads, exchange, writeStall, websocketIdle, downstreamIdle, upstreamIdle,
                    upstreamLifetime, quota, affinity, drain);
        }
    }
}
