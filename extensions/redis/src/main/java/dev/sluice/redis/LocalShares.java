// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What this relay may admit by itself while the server is lost: of each limit, its share of what the server had left
 * when it answered the last time. So the relays together admit no more than the server would have. What was admitted in
 * this way is a debt, to be counted on the server when it answers again.
 *
 * <p>A limit is one number, as in the scripts: the time for which some of it is in use. It is the same for a limit and
 * for a share of it, because a share of the units comes back in the same time as all units do. A debt therefore shrinks
 * as time goes by.
 *
 * <p><b>Threading:</b> any.
 */
final class LocalShares {
    private static final int MAX_IDLE = 10_000;
    private static final long SWEEP_MICROS = 1_000_000;

    private final Map<String, Entry> entries = new HashMap<>();
    private long sweptMicros;

    /** The time at which all of a limit is free again. */
    private static final class Entry {
        /** By what the server knows. */
        private long serverMicros;
        /** With what was admitted here. */
        private long localMicros;
        private boolean isPaying;

        Entry(long nowMicros) {
            serverMicros = nowMicros;
            localMicros = nowMicros;
        }

        long debtMicros(long nowMicros) {
            return Math.max(0, localMicros - nowMicros) - Math.max(0, serverMicros - nowMicros);
        }
    }

    /** Notes for how long some of a limit is in use, by the server's answer. */
    synchronized void learn(String key, long usedMicros, long nowMicros) {
        Entry entry = entry(key, nowMicros);
        long debt = entry.debtMicros(nowMicros);
        entry.serverMicros = nowMicros + usedMicros;
        entry.localMicros = entry.serverMicros + debt;
    }

    /** Returns for how long some of the share is in use, in microseconds, at least 0. */
    synchronized long usedMicros(String key, long nowMicros) {
        Entry entry = entries.get(key);
        return entry == null ? 0 : Math.max(0, entry.localMicros - nowMicros);
    }

    /**
     * Counts units that were admitted here.
     *
     * @param micros the time in which they come back to the share; negative for units that are given back
     */
    synchronized void use(String key, long micros, long nowMicros) {
        Entry entry = entry(key, nowMicros);
        entry.localMicros = Math.max(entry.localMicros, nowMicros) + micros;
    }

    /**
     * Begins to pay the debt of a limit, to be ended by {@link #endPayment}.
     *
     * @return the debt in the share's time; negative if units are to be given back; 0 if there is none to be paid now
     */
    synchronized long beginPayment(String key, long nowMicros) {
        Entry entry = entries.get(key);
        long debt = entry == null || entry.isPaying ? 0 : entry.debtMicros(nowMicros);
        if (debt != 0) {
            entry.isPaying = true;
        }
        return debt;
    }

    /** Ends the payment of a debt, which counts here until the server has counted it. */
    synchronized void endPayment(String key, long debt, boolean isPaid) {
        Entry entry = entries.get(key);
        if (entry != null) {
            entry.isPaying = false;
            entry.localMicros -= isPaid ? debt : 0;
        }
    }

    /** Returns the limits with a debt. */
    synchronized List<String> debtors(long nowMicros) {
        return entries.entrySet().stream().filter(each -> each.getValue().debtMicros(nowMicros) != 0)
                .map(Map.Entry::getKey).toList();
    }

    private Entry entry(String key, long nowMicros) {
        if (entries.size() > MAX_IDLE && nowMicros - sweptMicros > SWEEP_MICROS) {
            sweptMicros = nowMicros;
            entries.values().removeIf(entry -> !entry.isPaying && entry.localMicros - nowMicros <= 0
                    && entry.serverMicros - nowMicros <= 0);
        }
        return entries.computeIfAbsent(key, unused -> new Entry(nowMicros));
    }
}
