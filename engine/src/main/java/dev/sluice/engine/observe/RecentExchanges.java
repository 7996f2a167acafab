// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.ObservedExchange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The last exchanges that have ended, for the page that shows the relay live. Refusals are kept apart, so that a caller
 * that repeats a refused request does not displace all others.
 *
 * <p><b>Threading:</b> any.
 */
public final class RecentExchanges implements ExchangeObserver {
    /** The number of exchanges that are kept: half of them refusals of the relay, half of them others. */
    public static final int MAX = 100;

    private static final int HALF = MAX / 2;
    private static final int MAX_MODEL_CHARS = 128;

    private final AtomicReferenceArray<Entry> entries = new AtomicReferenceArray<>(MAX);
    private final AtomicLong refusals = new AtomicLong();
    private final AtomicLong others = new AtomicLong();

    /**
     * One exchange.
     *
     * @param endedMillis its end, in milliseconds since 1970
     * @param id          its id
     * @param key         the label of the caller's key; null if unknown
     * @param model       up to 128 characters of the requested model; null if unknown
     * @param endpoint    host and port of the last endpoint; null for none
     * @param status      the response status; 0 if there was none
     * @param end         the way in which it ended
     * @param error       the code of an error; null for none
     * @param attempts    the number of attempts
     * @param events      the number of events
     * @param firstNanos  the time to the first event; -1 if there was none
     * @param nanos       the duration
     */
    public record Entry(long endedMillis, String id, String key, String model, String endpoint, int status,
            String end, String error, int attempts, long events, long firstNanos, long nanos) {
    }

    @Override
    public void onEnded(ObservedExchange exchange) {
        boolean isRefusal = exchange.end() == ExchangeEnd.REFUSED;
        int slot = (int) ((isRefusal ? refusals : others).getAndIncrement() % HALF) + (isRefusal ? HALF : 0);
        String model = exchange.model();
        entries.set(slot, new Entry(System.currentTimeMillis(), exchange.id(),
                exchange.principal(), model == null || model.length() <= MAX_MODEL_CHARS ? model
                : model.substring(0, MAX_MODEL_CHARS), exchange.endpoint(), exchange.status(), exchange.end().label(),
                exchange.error(), exchange.attempts(), exchange.events(), exchange.firstEventNanos(),
                exchange.durationNanos()));
    }

    /** {@return the last exchanges, the latest first} */
    public List<Entry> latest() {
        List<Entry> all = new ArrayList<>(MAX);
        for (int i = 0; i < MAX; i++) {
            Entry entry = entries.get(i);
            if (entry != null) {
                all.add(entry);
            }
        }
        all.sort(Comparator.comparingLong(Entry::endedMillis).reversed());
        return all;
    }
}
