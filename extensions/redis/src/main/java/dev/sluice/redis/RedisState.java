// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import dev.sluice.engine.spi.AffinityStore;
import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.HealthHints;
import dev.sluice.engine.spi.MetricsSnapshot;
import dev.sluice.engine.spi.RequestQuota;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limits, budgets and owners on a Redis server, for the extensions of a relay. All relays with one server and one
 * prefix share them.
 *
 * <p>A relay starts, and goes on, without the server: then {@link RedisSettings#onStoreLoss} counts.
 *
 * <p><b>Threading:</b> any.
 */
public final class RedisState implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisState.class);
    private static final long BEAT_MILLIS = 1000;
    private static final int BEATS_UNTIL_ALL = 60;

    private final Server server;
    private final Names names;
    private final RedisQuota quota;
    private final RedisOwners owners;
    private final RedisLedger ledger;
    private final RedisHints hints;
    private final String id = UUID.randomUUID().toString();
    private final ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "redis-state");
        thread.setDaemon(true);
        return thread;
    });
    private volatile int relays = 1;
    private boolean isLost; // as are the next one, confined to the thread of the beats
    private int beatsSinceAll;

    private RedisState(RedisSettings settings) {
        server = new Server(settings);
        names = new Names(settings.prefix());
        quota = new RedisQuota(server, names, settings.onStoreLoss(), () -> relays);
        owners = new RedisOwners(server, names);
        hints = new RedisHints(server, names);
        ledger = new RedisLedger(server, names, id, Clock.systemUTC());
    }

    /**
     * Connects to a server. If it cannot be reached within two seconds, that is logged, and tried again each second.
     *
     * @param settings the server
     * @return the state, to be closed after the relay
     */
    public static RedisState open(RedisSettings settings) {
        RedisState state = new RedisState(settings);
        state.beat();
        state.beats.scheduleWithFixedDelay(state::beat, BEAT_MILLIS, BEAT_MILLIS, TimeUnit.MILLISECONDS);
        return state;
    }

    /**
     * Connects to a server once, and runs the commands there that relays need.
     *
     * @param settings the server
     * @return what it is, such as {@code Redis 7.0.15, standalone}
     * @throws IllegalStateException if it cannot be reached within seconds, or refuses a command; the message says why
     */
    public static String probe(RedisSettings settings) {
        Server server = new Server(settings);
        try {
            Names names = new Names(settings.prefix());
            return server.probe(commands -> Script.ADMIT.run(commands, new String[] {names.tag('w', "probe")}, "1",
                    "1", "1"));
        } finally {
            server.close();
        }
    }

    /** Connects, reports that this relay lives, and adds what is pending. Catches every failure, to be run again. */
    private void beat() {
        try {
            if (server.connect(this::warmUp)) {
                List<Long> count = server.ask(commands -> Script.BEAT.run(commands, new String[] {names.relays()}, id))
                        .exceptionally(lost -> null).join();
                if (count != null) {
                    relays = Math.max(1, count.get(0).intValue());
                    ledger.flush(isLost || ++beatsSinceAll >= BEATS_UNTIL_ALL);
                    beatsSinceAll = beatsSinceAll >= BEATS_UNTIL_ALL ? 0 : beatsSinceAll;
                    owners.flush();
                    quota.payDebts();
                    hints.poll();
                }
                isLost = count == null;
            }
        } catch (RuntimeException e) {
            LOG.error("the state of relays is not updated", e);
        }
    }

    /**
     * Asks what is asked first in a new process: its classes are loaded, and the server has the scripts and counts this
     * relay, before a request waits for it.
     */
    private CompletableFuture<?> warmUp(RedisClusterAsyncCommands<String, String> commands) {
        String unused = names.tag('w', id);
        return Script.BEAT.run(commands, new String[] {names.relays()}, id)
                .thenAccept(count -> relays = Math.max(1, count.get(0).intValue()))
                .thenCompose(done -> Script.ADMIT.run(commands, new String[] {unused}, "1", "1", "1"))
                .thenCompose(done -> Script.SETTLE.run(commands, new String[] {unused}, "-1"));
    }

    /** {@return the limits of keys, groups and routes, across all relays} */
    public RequestQuota quota() {
        return quota;
    }

    /** {@return the owners of responses, conversations and sessions that any relay has learned} */
    public AffinityStore owners() {
        return owners;
    }

    /** {@return what keys, groups, routes and models have used on all relays} */
    public BudgetLedger ledger() {
        return ledger;
    }

    /** {@return the rests of endpoints that relays tell each other} */
    public HealthHints hints() {
        return hints;
    }

    /** {@return the times that commands have taken, for metrics} */
    public MetricsSnapshot.Timing roundTrips() {
        return server.trips().timing();
    }

    /** {@return the number of commands that failed, or were not answered in time} */
    public long failures() {
        return server.trips().failures();
    }

    /** {@return whether the server answers} */
    public boolean isAnswering() {
        return server.isAnswering();
    }

    /** {@return the number of relays that share the server, by the latest answer; at least 1} */
    public int relays() {
        return relays;
    }

    /** Leaves the relays and closes the connection. */
    @Override
    public void close() {
        beats.shutdownNow();
        ledger.flush(false);
        server.ask(commands -> commands.zrem(names.relays(), id).toCompletableFuture()).exceptionally(lost -> null)
                .join();
        server.close();
    }
}
