// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import dev.sluice.engine.InMemory;
import dev.sluice.engine.spi.AffinityStore;
import io.lettuce.core.SetArgs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A store of owners on the server, behind a table in memory: an owner that this relay has learned is found at once, and
 * only others are asked for. While the server is lost, those are unknown, and new ones are written when it answers
 * again.
 *
 * <p><b>Threading:</b> any.
 */
final class RedisOwners implements AffinityStore {
    private static final int MAX_ENTRIES = 100_000;
    private static final int MAX_PENDING = 10_000;
    /** The time for which an owner is kept in memory that was found on the server. */
    private static final Duration FOUND = Duration.ofMinutes(10);

    private final Server server;
    private final Names names;
    private final Map<String, Pending> pending = new ConcurrentHashMap<>();
    private final AffinityStore local = InMemory.affinity(MAX_ENTRIES, System::nanoTime);

    RedisOwners(Server server, Names names) {
        this.server = server;
        this.names = names;
    }

    @Override
    public void find(List<String> keys, Answer answer) {
        local.find(keys, known -> {
            List<Integer> missing = new ArrayList<>();
            for (int i = 0; i < keys.size(); i++) {
                if (known.get(i) == null) {
                    missing.add(i);
                }
            }
            if (missing.isEmpty() || !server.isAnswering()) {
                answer.found(known);
                return;
            }
            List<CompletableFuture<String>> asked = missing.stream().map(i -> server.ask(commands ->
                    commands.get(names.owner(keys.get(i))).toCompletableFuture())).toList();
            CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)).whenComplete((all, failure) -> {
                List<String> found = new ArrayList<>(known);
                for (int n = 0; n < asked.size(); n++) {
                    CompletableFuture<String> each = asked.get(n);
                    if (!each.isCompletedExceptionally() && each.join() != null) {
                        found.set(missing.get(n), each.join());
                        local.put(keys.get(missing.get(n)), each.join(), FOUND);
                    }
                }
                answer.found(found);
            });
        });
    }

    @Override
    public void put(String key, String endpoint, Duration ttl) {
        local.put(key, endpoint, ttl);
        write(key, new Pending(endpoint, System.nanoTime() + ttl.toNanos()));
    }

    private void write(String key, Pending owner) {
        long leftMillis = Duration.ofNanos(owner.endNanos - System.nanoTime()).toMillis();
        if (leftMillis > 0) {
            server.ask(commands -> commands.set(names.owner(key), owner.endpoint, SetArgs.Builder.px(leftMillis))
                    .toCompletableFuture()).whenComplete((done, failure) -> {
                        if (failure != null && pending.size() < MAX_PENDING) {
                            pending.putIfAbsent(key, owner);
                        }
                    });
        }
    }

    /** Writes owners that could not be written before; called now and then. */
    void flush() {
        for (String key : pending.keySet()) {
            Pending owner = pending.remove(key);
            if (owner != null && server.isAnswering()) {
                write(key, owner);
            } else if (owner != null) {
                pending.putIfAbsent(key, owner);
                return;
            }
        }
    }

    /** An owner that is not on the server yet. */
    private record Pending(String endpoint, long endNanos) {
    }
}
