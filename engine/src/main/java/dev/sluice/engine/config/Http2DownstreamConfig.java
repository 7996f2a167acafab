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
}
