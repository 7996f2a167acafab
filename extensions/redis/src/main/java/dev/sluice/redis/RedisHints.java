// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import dev.sluice.engine.spi.EndpointRest;
import dev.sluice.engine.spi.HealthHints;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Rests of endpoints on the server: a sorted set of what rests by the time, on the server's clock, at which it ends.
 * Relays look at it once a second.
 *
 * <p><b>Threading:</b> any.
 */
final class RedisHints implements HealthHints {
    private static final int MAX_NAME = 256;
    private static final int MAX_KNOWN = 10_000;
    /** A rest that ends later by less than this is not published, or passed on, again. */
    private static final long MIN_NEWS_MILLIS = 250;

    private final Server server;
    private final Names names;
    private final List<Consumer<EndpointRest>> receivers = new CopyOnWriteArrayList<>();
    /** What was published here or passed on, by its text, with the time of this process at which it ends. */
    private final Map<String, Long> known = new ConcurrentHashMap<>();

    RedisHints(Server server, Names names) {
        this.server = server;
        this.names = names;
    }

    @Override
    public void publish(EndpointRest rest) {
        boolean isTooLong = rest.model() != null && rest.model().length() > MAX_NAME;
        if (isTooLong || !isNews(text(rest), rest.left().toMillis())) {
            return;
        }
        server.ask(commands -> Script.REST.run(commands, new String[] {names.rests()}, text(rest),
                Long.toString(rest.left().toMillis())));
    }

    private boolean isNews(String text, long leftMillis) {
        long nowMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        Long ends = known.get(text);
        if (ends != null && nowMillis + leftMillis - ends < MIN_NEWS_MILLIS) {
            return false;
        }
        if (known.size() >= MAX_KNOWN) {
            known.values().removeIf(end -> end - nowMillis < 0);
        }
        if (known.size() < MAX_KNOWN) {
            known.put(text, nowMillis + leftMillis);
        }
        return true;
    }

    private static String text(EndpointRest rest) {
        return (rest.isNamed() ? "n" : "s") + (rest.model() == null ? "e" : "m") + rest.endpoint() + '\n'
                + (rest.model() == null ? "" : rest.model());
    }

    @Override
    public Runnable subscribe(Consumer<EndpointRest> receiver) {
        receivers.add(receiver);
        return () -> receivers.remove(receiver);
    }

    /** Asks for the rests that other relays have published; called now and then. */
    void poll() {
        if (!receivers.isEmpty()) {
            server.ask(commands -> Script.RESTS.<String>ask(commands, new String[] {names.rests()})).thenAccept(
                    this::receive);
        }
    }

    private void receive(List<String> rests) {
        for (int i = 0; i + 1 < rests.size(); i += 2) {
            String text = rests.get(i);
            long leftMillis = Long.parseLong(rests.get(i + 1));
            int end = text.indexOf('\n');
            if (end > 2 && leftMillis > 0 && isNews(text, leftMillis)) {
                EndpointRest rest = new EndpointRest(text.substring(2, end), text.charAt(1) == 'e' ? null
                        : text.substring(end + 1), Duration.ofMillis(leftMillis), text.charAt(0) == 'n');
                receivers.forEach(receiver -> receiver.accept(rest));
            }
        }
    }
}
