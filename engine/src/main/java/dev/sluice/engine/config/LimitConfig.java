// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;

/**
 * Bounds. All sizes in bytes.
 *
 * @param maxBodyBytes     the longest request body; over it 413
 * @param maxHeldBytes     the longest request body that is held because its model comes late; over it 413
 * @param holdBytes        up to here a body is held until it is complete and valid, and then sent with Content-Length;
 *                         above, it is cut through
 * @param replayBytes      how much of a sent body is kept so that it can be sent again; 0 for no retry of sent bodies.
 *                         Of one whose Content-Length is above, at most 256 KiB
 * @param maxExchanges     exchanges at one time; those beyond it wait
 * @param maxQueued        how many may wait, for the relay and for each cluster with a limit; over it 429
 * @param maxQueueTime     how long one may wait; then 429
 * @param maxHeadBytes     the longest request head
 * @param maxTargetBytes   the longest request line
 * @param drainBytes       how much of an answer is still read, for its usage, after its downstream has left
 * @param heldMemoryShare  held and replayed bodies together, as a share of the memory for buffers; above 0, at most 1
 */
public record LimitConfig(long maxBodyBytes, long maxHeldBytes, int holdBytes, long replayBytes, int maxExchanges,
        int maxQueued, Duration maxQueueTime, int maxHeadBytes, int maxTargetBytes, long drainBytes,
        double heldMemoryShare) {
    private static final long MIB = 1024 * 1024;

    /**
     * Body 128 MiB, held 32 MiB, cut through above 64 KiB, replay 8 MiB, 100,000 exchanges and 1,000 that wait for 2 s.
     */
    public static final LimitConfig DEFAULT = new LimitConfig(128 * MIB, 32 * MIB, 64 * 1024, 8 * MIB, 100_000,
            1000, Duration.ofSeconds(2), 32 * 1024, 8 * 1024, 4 * MIB, 0.25);

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
            throw new IllegalArgumentException("held_memory_share: " + heldMemoryShare
                    + " (expected: above 0, at most 1)");
        }
    }

    /** Returns these limits with another longest body. */
    public LimitConfig withMaxBodyBytes(long bytes) {
        return new LimitConfig(bytes, maxHeldBytes, holdBytes, replayBytes, maxExchanges, maxQueued,
                maxQueueTime, maxHeadBytes, maxTargetBytes, drainBytes, heldMemoryShare);
    }

    /** Returns these limits with another longest held body. */
    public LimitConfig withMaxHeldBytes(long bytes) {
        return new LimitConfig(maxBodyBytes, bytes, holdBytes, replayBytes, maxExchanges, maxQueued,
                maxQueueTime, maxHeadBytes, maxTargetBytes, drainBytes, heldMemoryShare);
    }

    /** Returns these limits with another length of what is read for nobody. */
    public LimitConfig withDrainBytes(long bytes) {
        return new LimitConfig(maxBodyBytes, maxHeldBytes, holdBytes, replayBytes, maxExchanges, maxQueued,
                maxQueueTime, maxHeadBytes, maxTargetBytes, bytes, heldMemoryShare);
    }

    /** Returns these limits with another number of exchanges. */
    public LimitConfig withMaxExchanges(int count) {
        return new LimitConfig(maxBodyBytes, maxHeldBytes, holdBytes, replayBytes, count, maxQueued,
                maxQueueTime, maxHeadBytes, maxTargetBytes, drainBytes, heldMemoryShare);
    }

    /** Returns these limits with another queue. */
    public LimitConfig withQueue(int count, Duration time) {
        return new LimitConfig(maxBodyBytes, maxHeldBytes, holdBytes, replayBytes, maxExchanges, count, time,
                maxHeadBytes, maxTargetBytes, drainBytes, heldMemoryShare);
    }
}
