// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * Bounds of HTTP/2 towards those who connect to us (RFC 9113). A connection that breaks one of the last two is closed
 * with ENHANCE_YOUR_CALM.
 *
 * @param maxStreams            requests at one time on one connection: SETTINGS_MAX_CONCURRENT_STREAMS
 * @param streamWindowBytes     how much of one request's body may come before it is taken; 64 KiB to 16 MiB
 * @param connectionWindowBytes how much of all bodies of one connection may be on its way; at least a stream's window
 * @param maxHeaderListBytes    the longest request head, each field with 32 bytes more: SETTINGS_MAX_HEADER_LIST_SIZE;
 *                              over it 431
 * @param maxResets             requests reset by their downstream before they were answered, in 30 s. Resets after that
 *                              are normal, clients leave with the terminal event: 16 times as many are allowed
 * @param maxControlFrames      PING, SETTINGS, PRIORITY and unknown frames in 10 s
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
