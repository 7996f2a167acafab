// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * The limits of HTTP/2 connections to upstreams (RFC 9113). Connections are counted per event loop and endpoint.
 *
 * @param maxStreams            number of requests in flight on one connection, 1 to 10,000; a lower limit of the
 *                              upstream takes precedence
 * @param maxConnections        number of connections, 1 to 10,000
 * @param maxQueued             number of requests that may wait for a connection or a stream, 1 to 1,000,000; further
 *                              ones are refused with 429
 * @param maxQueueTime          longest time that a request waits, longer than zero; then it is refused with 429
 * @param streamWindowBytes     flow-control window of one response body in bytes: the part that may arrive before it
 *                              went downstream. 192 KiB (three times the high-water mark of a downstream connection) to
 *                              16 MiB
 * @param connectionWindowBytes flow-control window of all response bodies of one connection in bytes, from
 *                              {@code streamWindowBytes} to 64 MiB
 * @param maxHeaderListBytes    longest response head in bytes, counting 32 bytes extra per field, 1 KiB to 1 MiB
 * @param pingInterval          silence after which a connection with requests in flight is probed with a PING
 * @param pingTimeout           longest time until the answer to that PING; then the connection is lost
 */
public record Http2UpstreamConfig(int maxStreams, int maxConnections, int maxQueued, Duration maxQueueTime,
        int streamWindowBytes, int connectionWindowBytes, int maxHeaderListBytes, Duration pingInterval,
        Duration pingTimeout) {
    private static final int KIB = 1024;

    /**
     * 100 streams per connection, 64 connections, 1,024 waiting requests for at most 5 s each, windows of 256 KiB and
     * 4 MiB, heads of 32 KiB, a PING after 30 s of silence, to be answered within 10 s.
     */
    public static final Http2UpstreamConfig DEFAULT = new Http2UpstreamConfig(100, 64, 1024, Duration.ofSeconds(5),
            256 * KIB, 4096 * KIB, 32 * KIB, Duration.ofSeconds(30), Duration.ofSeconds(10));

    public Http2UpstreamConfig {
        Checks.between("http2 upstream max_streams", maxStreams, 1, 10_000);
        Checks.between("http2 upstream max_connections", maxConnections, 1, 10_000);
        Checks.between("http2 upstream max_queued", maxQueued, 1, 1_000_000);
        Checks.positive("http2 upstream max_queue_time", maxQueueTime);
        Checks.between("http2 upstream stream_window_bytes", streamWindowBytes, 192 * KIB, 16 * KIB * KIB);
        Checks.between("http2 upstream connection_window_bytes", connectionWindowBytes, streamWindowBytes,
                64 * KIB * KIB);
        Checks.between("http2 upstream max_header_list_bytes", maxHeaderListBytes, KIB, KIB * KIB);
        Checks.positive("http2 upstream ping_interval", pingInterval);
        Checks.positive("http2 upstream ping_timeout", pingTimeout);
    }

    /**
     * Returns a copy with other numbers of streams, connections and waiting requests.
     *
     * @param streams     number of requests in flight on one connection, 1 to 10,000
     * @param connections number of connections, 1 to 10,000
     * @param queued      number of requests that may wait, 1 to 1,000,000
     * @return the copy
     */
    public Http2UpstreamConfig withCapacity(int streams, int connections, int queued) {
        return toBuilder().maxStreams(streams).maxConnections(connections).maxQueued(queued).build();
    }

    /** {@return a builder that starts with the values of this configuration} */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** A builder of {@link Http2UpstreamConfig}. Not thread-safe. */
    public static final class Builder {
        private int maxStreams;
        private int maxConnections;
        private int maxQueued;
        private Duration maxQueueTime;
        private int streamWindowBytes;
        private int connectionWindowBytes;
        private int maxHeaderListBytes;
        private Duration pingInterval;
        private Duration pingTimeout;

        private Builder(Http2UpstreamConfig from) {
            maxStreams = from.maxStreams;
            maxConnections = from.maxConnections;
            maxQueued = from.maxQueued;
            maxQueueTime = from.maxQueueTime;
            streamWindowBytes = from.streamWindowBytes;
            connectionWindowBytes = from.connectionWindowBytes;
            maxHeaderListBytes = from.maxHeaderListBytes;
            pingInterval = from.pingInterval;
            pingTimeout = from.pingTimeout;
        }

        /**
         * Sets {@link Http2UpstreamConfig#maxStreams}.
         *
         * @param value number of requests in flight on one connection, 1 to 10,000; a lower limit of the upstream
         *               takes precedence
         * @return this builder
         */
        public Builder maxStreams(int value) {
            maxStreams = value;
            return this;
        }

        /**
         * Sets {@link Http2UpstreamConfig#maxConnections}.
         *
         * @param value number of connections, 1 to 10,000
         * @return this builder
         */
        public Builder maxConnections(int value) {
            maxConnections = value;
            return this;
        }

        /**
         * Sets {@link Http2UpstreamConfig#maxQueued}.
         *
         * @param value number of requests that may wait for a connection or a stream, 1 to 1,000,000; further ones
         *               are refused with 429
         * @return this builder
         */
        public Builder maxQueued(int value) {
            maxQueued = value;
            return this;
        }

        /**
         * Sets {@link Http2UpstreamConfig#maxQueueTime}.
         *
         * @param value longest time that a request waits, longer than zero; then it is refused with 429
         * @return this builder
         */
        public Builder maxQueueTime(Duration value) {
            maxQueueTime = value;
            return this;
        }

        /**
         * Sets {@link Http2UpstreamConfig#streamWindowBytes}.
         *
         * @param value flow-control window of one response body in bytes: the part that may arrive before it went
         *               downstream. 192 KiB (three times the high-water mark of a downstream connection) to 16 MiB
         * @return this builder
         */
        public Builder streamWindowBytes(int value) {
            streamWindowBytes = value;
            return this;
        }

        /**
         * Sets {@link Http2UpstreamConfig#connectionWindowBytes}.
         *
         * @param value flow-control window of all response bodies of one connection in bytes, from {@code
         *               streamWindowBytes} to 64 MiB
         * @return this builder
         */
        public Builder connectionWindowBytes(int value) {
            connectionWindowBytes = value;
            return this;
        }

        /**
         * Sets {@link Http2UpstreamConfig#maxHeaderListBytes}.
         *
         * @param value longest response head in bytes, counting 32 bytes extra per field, 1 KiB to 1 MiB
         * @return this builder
         */
        public Builder maxHeaderListBytes(int value) {
            maxHeaderListBytes = value;
            return this;
        }

        /**
         * Sets {@link Http2UpstreamConfig#pingInterval}.
         *
         * @param value silence after which a connection with requests in flight is probed with a PING
         * @return this builder
         */
        public Builder pingInterval(Duration value) {
            pingInterval = value;
            return this;
        }

        /**
         * Sets {@link Http2UpstreamConfig#pingTimeout}.
         *
         * @param value longest time until the answer to that PING; then the connection is lost
         * @return this builder
         */
        public Builder pingTimeout(Duration value) {
            pingTimeout = value;
            return this;
        }

        /**
         * Returns the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException if a value is out of its range
         */
        public Http2UpstreamConfig build() {
            return new Http2UpstreamConfig(maxStreams, maxConnections, maxQueued, maxQueueTime,
                    streamWindowBytes, connectionWindowBytes, maxHeaderListBytes, pingInterval,
                    pingTimeout);
        }
    }
}
