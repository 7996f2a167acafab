// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * The limits of requests and exchanges. All sizes are in bytes.
 *
 * @param maxBodyBytes     longest request body; longer ones are refused with 413. At least 1
 * @param maxHeldBytes     longest part of a request body that is held because the model, or another field that decides
 *                         about it, arrives late; longer ones are refused with 413. At least 1
 * @param holdBytes        a body of up to this length is held until it is complete and valid, and then sent with
 *                         Content-Length; a longer one is cut through. 0 cuts all bodies through
 * @param replayBytes      number of bytes of a sent body that are kept for a retry; 0 for no retry of sent bodies. Of a
 *                         body whose Content-Length is larger, at most 256 KiB are kept
 * @param maxExchanges     number of exchanges in flight; further ones wait. At least 1
 * @param maxQueued        number of exchanges that may wait, for the relay and for each cluster with a limit; further
 *                         ones are refused with 429. 0 for none
 * @param maxQueueTime     longest time that an exchange waits, longer than zero; then it is refused with 429
 * @param maxHeadBytes     longest request head of HTTP/1.1; at least 1,024. For HTTP/2 see
 *                         {@link Http2DownstreamConfig#maxHeaderListBytes}
 * @param maxTargetBytes   longest request line of HTTP/1.1 and longest {@code :path} of HTTP/2; at least 64
 * @param drainBytes       number of response bytes that are still read for the usage after the downstream has left; 0
 *                         for none
 * @param heldMemoryShare  upper limit for all held and replayable bodies together, as a share of the direct memory for
 *                         buffers; above 0, at most 1
 * @param onQuotaLoss      the treatment of a request when the store of quotas does not answer
 * @param maxWebSockets    number of open WebSockets; further ones are refused with 429. At least 0
 * @param maxWebSocketsPerCaller number of open WebSockets of one caller, if callers have keys. At least 0
 * @param rateLimitHeaders whether responses tell what is left of the caller's limits in {@code x-ratelimit-*}, unless
 *                         the upstream has sent such headers; refusals always tell it
 */
public record LimitConfig(long maxBodyBytes, long maxHeldBytes, int holdBytes, long replayBytes, int maxExchanges,
        int maxQueued, Duration maxQueueTime, int maxHeadBytes, int maxTargetBytes, long drainBytes,
        double heldMemoryShare, StoreLoss onQuotaLoss, int maxWebSockets, int maxWebSocketsPerCaller,
        boolean rateLimitHeaders) {
    private static final long MIB = 1024 * 1024;

    /**
     * Bodies of 128 MiB, of which 32 MiB are held; cut-through above 64 KiB; 8 MiB kept for retries; 100,000 exchanges
     * and 1,000 that wait for 2 s; heads of 32 KiB and targets of 8 KiB; 4 MiB drained; a quarter of the direct memory;
     * requests are refused without the store of quotas; 100,000 WebSockets, 100 of each caller.
     */
    public static final LimitConfig DEFAULT = new LimitConfig(128 * MIB, 32 * MIB, 64 * 1024, 8 * MIB, 100_000,
            1000, Duration.ofSeconds(2), 32 * 1024, 8 * 1024, 4 * MIB, 0.25, StoreLoss.REFUSE, 100_000,
            100, false);

    public LimitConfig {
        Checks.atLeast("max_body_bytes", maxBodyBytes, 1);
        Checks.atLeast("max_held_bytes", maxHeldBytes, 1);
        Checks.atLeast("hold_bytes", holdBytes, 0);
        Checks.atLeast("replay_bytes", replayBytes, 0);
        Checks.atLeast("max_exchanges", maxExchanges, 1);
        Checks.atLeast("max_queued", maxQueued, 0);
        Checks.positive("max_queue_time", maxQueueTime);
        Checks.atLeast("max_head_bytes", maxHeadBytes, 1024);
        Checks.atLeast("max_target_bytes", maxTargetBytes, 64);
        Checks.atLeast("drain_bytes", drainBytes, 0);
        if (!(heldMemoryShare > 0 && heldMemoryShare <= 1)) {
            throw new ConfigException("held_memory_share", "held_memory_share: " + heldMemoryShare
                    + " (expected: above 0, at most 1)");
        }
        Checks.present("on_quota_loss", onQuotaLoss);
        Checks.atLeast("max_websockets", maxWebSockets, 0);
        Checks.atLeast("max_websockets_per_caller", maxWebSocketsPerCaller, 0);
    }

    /**
     * Returns a copy with another {@code maxBodyBytes}.
     *
     * @param bytes longest request body; at least 1
     * @return the copy
     */
    public LimitConfig withMaxBodyBytes(long bytes) {
        return toBuilder().maxBodyBytes(bytes).build();
    }

    /**
     * Returns a copy with another {@code maxHeldBytes}.
     *
     * @param bytes longest part of a request body that is held; at least 1
     * @return the copy
     */
    public LimitConfig withMaxHeldBytes(long bytes) {
        return toBuilder().maxHeldBytes(bytes).build();
    }

    /**
     * Returns a copy with another {@code drainBytes}.
     *
     * @param bytes number of response bytes that are read after the downstream has left; 0 for none
     * @return the copy
     */
    public LimitConfig withDrainBytes(long bytes) {
        return toBuilder().drainBytes(bytes).build();
    }

    /**
     * Returns a copy with another {@code maxExchanges}.
     *
     * @param count number of exchanges in flight; at least 1
     * @return the copy
     */
    public LimitConfig withMaxExchanges(int count) {
        return toBuilder().maxExchanges(count).build();
    }

    /**
     * Returns a copy with another queue.
     *
     * @param count number of exchanges that may wait; 0 for none
     * @param time  longest time that an exchange waits; longer than zero
     * @return the copy
     */
    public LimitConfig withQueue(int count, Duration time) {
        return toBuilder().maxQueued(count).maxQueueTime(time).build();
    }

    /** {@return a builder that starts with the values of this configuration} */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** A builder of {@link LimitConfig}. Not thread-safe. */
    public static final class Builder {
        private long maxBodyBytes;
        private long maxHeldBytes;
        private int holdBytes;
        private long replayBytes;
        private int maxExchanges;
        private int maxQueued;
        private Duration maxQueueTime;
        private int maxHeadBytes;
        private int maxTargetBytes;
        private long drainBytes;
        private double heldMemoryShare;
        private StoreLoss onQuotaLoss;
        private int maxWebSockets;
        private int maxWebSocketsPerCaller;
        private boolean rateLimitHeaders;

        private Builder(LimitConfig from) {
            maxBodyBytes = from.maxBodyBytes;
            maxHeldBytes = from.maxHeldBytes;
            holdBytes = from.holdBytes;
            replayBytes = from.replayBytes;
            maxExchanges = from.maxExchanges;
            maxQueued = from.maxQueued;
            maxQueueTime = from.maxQueueTime;
            maxHeadBytes = from.maxHeadBytes;
            maxTargetBytes = from.maxTargetBytes;
            drainBytes = from.drainBytes;
            heldMemoryShare = from.heldMemoryShare;
            onQuotaLoss = from.onQuotaLoss;
            maxWebSockets = from.maxWebSockets;
            maxWebSocketsPerCaller = from.maxWebSocketsPerCaller;
            rateLimitHeaders = from.rateLimitHeaders;
        }

        /**
         * Sets {@link LimitConfig#maxBodyBytes}.
         *
         * @param value longest request body; longer ones are refused with 413. At least 1
         * @return this builder
         */
        public Builder maxBodyBytes(long value) {
            maxBodyBytes = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#maxHeldBytes}.
         *
         * @param value longest part of a request body that is held because the model, or another field that decides
         *               about it, arrives late; longer ones are refused with 413. At least 1
         * @return this builder
         */
        public Builder maxHeldBytes(long value) {
            maxHeldBytes = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#holdBytes}.
         *
         * @param value a body of up to this length is held until it is complete and valid, and then sent with
         *               Content-Length; a longer one is cut through. 0 cuts all bodies through
         * @return this builder
         */
        public Builder holdBytes(int value) {
            holdBytes = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#replayBytes}.
         *
         * @param value number of bytes of a sent body that are kept for a retry; 0 for no retry of sent bodies. Of a
         *               body whose Content-Length is larger, at most 256 KiB are kept
         * @return this builder
         */
        public Builder replayBytes(long value) {
            replayBytes = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#maxExchanges}.
         *
         * @param value number of exchanges in flight; further ones wait. At least 1
         * @return this builder
         */
        public Builder maxExchanges(int value) {
            maxExchanges = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#maxQueued}.
         *
         * @param value number of exchanges that may wait, for the relay and for each cluster with a limit; further
         *               ones are refused with 429. 0 for none
         * @return this builder
         */
        public Builder maxQueued(int value) {
            maxQueued = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#maxQueueTime}.
         *
         * @param value longest time that an exchange waits, longer than zero; then it is refused with 429
         * @return this builder
         */
        public Builder maxQueueTime(Duration value) {
            maxQueueTime = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#maxHeadBytes}.
         *
         * @param value longest request head of HTTP/1.1; at least 1,024. For HTTP/2 see {@link
         *               Http2DownstreamConfig#maxHeaderListBytes}
         * @return this builder
         */
        public Builder maxHeadBytes(int value) {
            maxHeadBytes = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#maxTargetBytes}.
         *
         * @param value longest request line of HTTP/1.1 and longest {@code :path} of HTTP/2; at least 64
         * @return this builder
         */
        public Builder maxTargetBytes(int value) {
            maxTargetBytes = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#drainBytes}.
         *
         * @param value number of response bytes that are still read for the usage after the downstream has left; 0
         *               for none
         * @return this builder
         */
        public Builder drainBytes(long value) {
            drainBytes = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#heldMemoryShare}.
         *
         * @param value upper limit for all held and replayable bodies together, as a share of the direct memory for
         *               buffers; above 0, at most 1
         * @return this builder
         */
        public Builder heldMemoryShare(double value) {
            heldMemoryShare = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#maxWebSockets}.
         *
         * @param value number of open WebSockets; further ones are refused with 429. At least 0
         * @return this builder
         */
        public Builder maxWebSockets(int value) {
            maxWebSockets = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#maxWebSocketsPerCaller}.
         *
         * @param value number of open WebSockets of one caller, if callers have keys. At least 0
         * @return this builder
         */
        public Builder maxWebSocketsPerCaller(int value) {
            maxWebSocketsPerCaller = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#rateLimitHeaders}.
         *
         * @param value whether responses tell what is left of the caller's limits
         * @return this builder
         */
        public Builder rateLimitHeaders(boolean value) {
            rateLimitHeaders = value;
            return this;
        }

        /**
         * Sets {@link LimitConfig#onQuotaLoss}.
         *
         * @param value the treatment of a request when the store of quotas does not answer
         * @return this builder
         */
        public Builder onQuotaLoss(StoreLoss value) {
            onQuotaLoss = value;
            return this;
        }

        /**
         * Returns the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException if a value is out of its range
         */
        public LimitConfig build() {
            return new LimitConfig(maxBodyBytes, maxHeldBytes, holdBytes, replayBytes, maxExchanges,
                    maxQueued, maxQueueTime, maxHeadBytes, maxTargetBytes, drainBytes, heldMemoryShare,
                    onQuotaLoss, maxWebSockets, maxWebSocketsPerCaller, rateLimitHeaders);
        }
    }
}
