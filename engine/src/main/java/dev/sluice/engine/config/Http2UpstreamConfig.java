// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * Bounds of HTTP/2 towards those whom we connect to (RFC 9113). Connections are counted per event loop and endpoint.
 *
 * @param maxStreams            requests at one time on one connection; the upstream's own limit counts where it is
 *                              lower
 * @param maxConnections        connections at one time
 * @param maxQueued             requests that wait for a connection or a stream; over it 429
 * @param maxQueueTime          how long one may wait; then 429
 * @param streamWindowBytes     how much of one answer may come before it went downstream; 192 KiB, three times what a
 *                              downstream connection holds back, to 16 MiB
 * @param connectionWindowBytes how much of all answers of one connection may be on its way; at least a stream's window
 * @param maxHeaderListBytes    the longest response head, each field with 32 bytes more
 * @param pingInterval          a connection with requests that sent nothing for so long is asked whether it lives
 * @param pingTimeout           how long it may take to answer that
 */
public record Http2UpstreamConfig(int maxStreams, int maxConnections, int maxQueued, Duration maxQueueTime,
        int streamWindowBytes, int connectionWindowBytes, int maxHeaderListBytes, Duration pingInterval,
        Duration pingTimeout) {
    private static final int KIB = 1024;

    /**
     * 100 streams to a connection, 64 connections, 1,024 waiting for at most 5 s, windows of 256 KiB and 4 MiB, heads
     * of 32 KiB, a PING after 30 s, to be answered in 10 s.
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

    /** Returns these bounds with other numbers of streams, connections and waiting requests. */
    public Http2UpstreamConfig withCapacity(int streams, int connections, int queued) {
        return new Http2UpstreamConfig(streams, connections, queued, maxQueueTime, streamWindowBytes,
                connectionWindowBytes, maxHeaderListBytes, pingInterval, pingTimeout);
    }
}
