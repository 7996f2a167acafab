// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.affinity;

import dev.sluice.engine.spi.AffinityStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * An affinity store in memory: a bounded table that evicts the least recently used entry and expires entries after
 * their time to live.
 *
 * <p><b>Threading:</b> any. A part of the table is locked for the time of one look-up, about twice per exchange.
 */
public final class AffinityTable implements AffinityStore {
    private static final int PARTS = 16;

    private final LongSupplier clock;
    /** The parts for hard keys, then those for soft keys, so that invented sessions cannot evict responses. */
    private final List<Part> parts = new ArrayList<>();

    /**
     * @param maxEntries number of hard entries, and also of soft entries; split evenly among the parts
     * @param clock      nanoseconds since an arbitrary origin
     */
    public AffinityTable(int maxEntries, LongSupplier clock) {
        this.clock = clock;
        for (int i = 0; i < 2 * PARTS; i++) {
            parts.add(new Part(share(maxEntries)));
        }
    }

    private static int share(int maxEntries) {
        return Math.max(1, maxEntries / PARTS);
    }

    /** Changes the bound. The least recently used entries beyond it are evicted. */
    public void setMaxEntries(int maxEntries) {
        parts.forEach(part -> part.setMaxEntries(share(maxEntries)));
    }

    @Override
    public void find(List<String> keys, Answer answer) {
        List<String> found = new ArrayList<>(keys.size());
        long now = clock.getAsLong();
        for (String key : keys) {
            found.add(partOf(key).find(key, now));
        }
        answer.found(found);
    }

    @Override
    public void put(String key, String endpoint, Duration ttl) {
        partOf(key).put(key, new Entry(endpoint, ttl.toNanos(), clock.getAsLong()));
    }

    private Part partOf(String key) {
        boolean isHard = key.charAt(0) == 'r' || key.charAt(0) == 'c' || key.charAt(0) == 'o';
        return parts.get(Math.floorMod(key.hashCode(), PARTS) + (isHard ? 0 : PARTS));
    }

    /** {@return the number of entries, including expired ones} */
    public int size() {
        return parts.stream().mapToInt(Part::count).sum();
    }

    // The compiler of JDK 25 takes an unqualified Entry for that of Map.
    private static final class Part extends LinkedHashMap<String, AffinityTable.Entry> {
        private static final long serialVersionUID = 1L;

        private int maxEntries;

        Part(int maxEntries) {
            super(16, 0.75f, true);
            this.maxEntries = maxEntries;
        }

        synchronized String find(String key, long now) {
            AffinityTable.Entry entry = get(key);
            if (entry == null) {
                return null;
            }
            if (now - entry.sinceNanos > entry.ttlNanos) {
                remove(key);
                return null;
            }
            entry.sinceNanos = now;
            return entry.endpoint;
        }

        @Override
        public synchronized AffinityTable.Entry put(String key, AffinityTable.Entry entry) {
            return super.put(key, entry);
        }

        synchronized void setMaxEntries(int bound) {
            maxEntries = bound;
            Iterator<String> eldest = keySet().iterator();
            while (size() > bound) {
                eldest.next();
                eldest.remove();
            }
        }

        synchronized int count() {
            return size();
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, AffinityTable.Entry> eldest) {
            return size() > maxEntries;
        }
    }

    private static final class Entry {
        private final String endpoint;
        private final long ttlNanos;
        private long sinceNanos;

        Entry(String endpoint, long ttlNanos, long sinceNanos) {
            this.endpoint = endpoint;
            this.ttlNanos = ttlNanos;
            this.sinceNanos = sinceNanos;
        }
    }
}
