// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * The limits of HTTP/2 connections from downstreams (RFC 9113). A connection that exceeds {@code maxResets} or
 * {@code maxControlFrames} is closed with ENHANCE_YOUR_CALM.
 *
 * @param maxStreams            number of requests in flight on one connection (SETTINGS_MAX_CONCURRENT_STREAMS), 1 to
 *                              10,000
 * @param streamWindowBytes     flow-control window of one request body in bytes, 64 KiB to 16 MiB
 * @param connectionWindowBytes flow-control window of all request bodies of one connection in bytes, from
 *                              {@code streamWindowBytes} to 64 MiB
 * @param maxHeaderListBytes    longest request head in bytes, counting 32 bytes extra per field
 *                              (SETTINGS_MAX_HEADER_LIST_SIZE), 1 KiB to 1 MiB; longer ones are refused with 431
 * @param maxResets             number of requests in 30 s that the downstream resets before they are answered, 1 to
 *                              1,000,000. Resets in general are limited to 16 times this number, because clients that
 *                              leave with the terminal event are normal
 * @param maxControlFrames      number of PING, SETTINGS, PRIORITY and unknown frames in 10 s, 10 to 1,000,000
 */
public record Http2DownstreamConfig(int maxStreams, int streamWindowBytes, int connectionWindowBytes,
        int maxHeaderListBytes, int maxResets, int maxControlFrames) {
    private static final int KIB = 1024;

    /** 128 streams, windows of 256 KiB and 1 MiB, heads of 16 KiB, 200 resets, 1,000 control frames. */
    public static final Http2DownstreamConfig DEFAULT = new Http2DownstreamConfig(128, 256 * KIB, 1024 * KIB, 16 * KIB,
            200, 1000);

    public Http2DownstreamConfig {
        Checks.between("http2 max_streams", maxStreams, 1, 10_000);
        Checks.between("http2 stream_window_bytes", streamWindowBytes, 64 * KIB, 16 * KIB * KIB);
        Checks.between("http2 connection_window_bytes", connectionWindowBytes, streamWindowBytes, 64 * KIB * KIB);
        Checks.between("http2 max_header_list_bytes", maxHeaderListBytes, KIB, KIB * KIB);
        Checks.between("http2 max_resets", maxResets, 1, 1_000_000);
        Checks.between("http2 max_control_frames", maxControlFrames, 10, 1_000_000);
    }

    /** {@return a builder that starts with the values of this configuration} */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** A builder of {@link Http2DownstreamConfig}. Not thread-safe. */
    public static final class Builder {
        private int maxStreams;
        private int streamWindowBytes;
        private int connectionWindowBytes;
        private int maxHeaderListBytes;
        private int maxResets;
        private int maxControlFrames;

        private Builder(Http2DownstreamConfig from) {
            maxStreams = from.maxStreams;
            streamWindowBytes = from.streamWindowBytes;
            connectionWindowBytes = from.connectionWindowBytes;
            maxHeaderListBytes = from.maxHeaderListBytes;
            maxResets = from.maxResets;
            maxControlFrames = from.maxControlFrames;
        }

        /**
         * Sets {@link Http2DownstreamConfig#maxStreams}.
         *
         * @param value number of requests in flight on one connection (SETTINGS_MAX_CONCURRENT_STREAMS), 1 to 10,000
         * @return this builder
         */
        public Builder maxStreams(int value) {
            maxStreams = value;
            return this;
        }

        /**
         * Sets {@link Http2DownstreamConfig#streamWindowBytes}.
         *
         * @param value flow-control window of one request body in bytes, 64 KiB to 16 MiB
         * @return this builder
         */
        public Builder streamWindowBytes(int value) {
            streamWindowBytes = value;
            return this;
        }

        /**
         * Sets {@link Http2DownstreamConfig#connectionWindowBytes}.
         *
         * @param value flow-control window of all request bodies of one connection in bytes, from {@code
         *               streamWindowBytes} to 64 MiB
         * @return this builder
         */
        public Builder connectionWindowBytes(int value) {
            connectionWindowBytes = value;
            return this;
        }

        /**
         * Sets {@link Http2DownstreamConfig#maxHeaderListBytes}.
         *
         * @param value longest request head in bytes, counting 32 bytes extra per field
         *               (SETTINGS_MAX_HEADER_LIST_SIZE), 1 KiB to 1 MiB; longer ones are refused with 431
         * @return this builder
         */
        public Builder maxHeaderListBytes(int value) {
            maxHeaderListBytes = value;
            return this;
        }

        /**
         * Sets {@link Http2DownstreamConfig#maxResets}.
         *
         * @param value number of requests in 30 s that the downstream resets before they are answered, 1 to
         *               1,000,000. Resets in general are limited to 16 times this number, because clients that leave
         *               with the terminal event are normal
         * @return this builder
         */
        public Builder maxResets(int value) {
            maxResets = value;
            return this;
        }

        /**
         * Sets {@link Http2DownstreamConfig#maxControlFrames}.
         *
         * @param value number of PING, SETTINGS, PRIORITY and unknown frames in 10 s, 10 to 1,000,000
         * @return this builder
         */
        public Builder maxControlFrames(int value) {
            maxControlFrames = value;
            return this;
        }

        /**
         * Returns the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException if a value is out of its range
         */
        public Http2DownstreamConfig build() {
            return new Http2DownstreamConfig(maxStreams, streamWindowBytes, connectionWindowBytes,
                    maxHeaderListBytes, maxResets, maxControlFrames);
        }
    }
}
