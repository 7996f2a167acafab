// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.LedgerAccount;
import dev.sluice.engine.spi.LedgerUse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * A ledger on the server, to which all relays add. Each relay writes its own total of an account, in a field of its
 * own, so that a write that is repeated changes nothing; the sum of all fields is the use. What could not be written
 * while the server was lost is written when it answers again, also to a server that has lost everything.
 *
 * <p>Names are not kept on the server, so {@link #list} has the accounts that this relay has looked up or added to.
 *
 * <p><b>Threading:</b> any.
 */
final class RedisLedger implements BudgetLedger {
    private static final int PORTION = 100;
    private static final Duration KEPT = Duration.ofDays(2);
    private static final int COUNTS = 6;

    private final Server server;
    private final Names names;
    private final String id;
    private final Clock clock;
    /** What this relay has added. */
    private final Map<LedgerAccount, LedgerUse> own = new ConcurrentHashMap<>();
    /** What the others had added when they were looked up the last time. */
    private final Map<LedgerAccount, LedgerUse> others = new ConcurrentHashMap<>();
    /** The accounts whose own total is not known to be on the server. */
    private final Set<LedgerAccount> dirty = ConcurrentHashMap.newKeySet();

    /**
     * @param id the name of this relay among those that share the server, unique for each process
     */
    RedisLedger(Server server, Names names, String id, Clock clock) {
        this.server = server;
        this.names = names;
        this.id = id;
        this.clock = clock;
    }

    private String keyOf(LedgerAccount account) {
        return names.tag(Character.toLowerCase(account.kind().name().charAt(0)), account.name()) + ":u:"
                + account.window() + ':' + account.start().getEpochSecond();
    }

    @Override
    public void find(List<LedgerAccount> accounts, Consumer<List<LedgerUse>> answer) {
        readOthers(accounts, 0).whenComplete((all, failure) -> {
            List<LedgerUse> uses = new ArrayList<>(accounts.size());
            for (LedgerAccount account : accounts) { // as they are known, if one was not answered
                uses.add(others.getOrDefault(account, LedgerUse.NONE).plus(own.getOrDefault(account, LedgerUse.NONE)));
            }
            answer.accept(uses);
        });
    }

    /** Reads a portion, and then the next one, so that many accounts do not hold up the commands of requests. */
    private CompletableFuture<Void> readOthers(List<LedgerAccount> accounts, int from) {
        List<LedgerAccount> portion = accounts.subList(from, Math.min(from + PORTION, accounts.size()));
        CompletableFuture<Void> read = CompletableFuture.allOf(portion.stream().map(this::readOthers)
                .toArray(CompletableFuture[]::new));
        int next = from + portion.size();
        return next >= accounts.size() ? read : read.thenComposeAsync(all -> readOthers(accounts, next));
    }

    private CompletableFuture<LedgerUse> readOthers(LedgerAccount account) {
        return server.ask(commands -> commands.hgetall(keyOf(account)).toCompletableFuture()).thenApply(totals -> {
            LedgerUse sum = LedgerUse.NONE;
            for (Map.Entry<String, String> total : totals.entrySet()) {
                sum = total.getKey().equals(id) ? sum : sum.plus(use(total.getValue()));
            }
            others.put(account, sum);
            return sum;
        });
    }

    private static LedgerUse use(String text) {
        long[] counts = Arrays.stream(text.split(" ", -1)).mapToLong(Long::parseLong).toArray();
        if (counts.length != COUNTS) {
            throw new IllegalArgumentException("use: " + counts.length + " counts (expected: " + COUNTS + ')');
        }
        return new LedgerUse(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]);
    }

    private static String text(LedgerUse use) {
        return use.requests() + " " + use.estimated() + ' ' + use.inputTokens() + ' ' + use.cachedTokens() + ' '
                + use.outputTokens() + ' ' + use.microDollars();
    }

    @Override
    public void add(List<LedgerAccount> accounts, LedgerUse use) {
        for (LedgerAccount account : accounts) {
            own.merge(account, use, LedgerUse::plus);
            write(account);
        }
    }

    private void write(LedgerAccount account) {
        LedgerUse total = own.get(account);
        if (total == null) {
            return;
        }
        dirty.add(account);
        String key = keyOf(account);
        server.ask(commands -> {
            CompletableFuture<Boolean> written = commands.hset(key, id, text(total)).toCompletableFuture();
            return written.thenCombine(commands.pexpireat(key, account.end().plus(KEPT).toEpochMilli()),
                    (isNew, isKept) -> isKept);
        }).thenAccept(done -> {
            if (total.equals(own.get(account))) {
                dirty.remove(account);
            }
        });
    }

    /**
     * Writes what is not on the server yet, and forgets what has ended; called now and then.
     *
     * @param isAll whether everything is written, because the server may have lost it
     */
    void flush(boolean isAll) {
        Instant oldest = clock.instant().minus(KEPT);
        for (Set<LedgerAccount> accounts : List.of(own.keySet(), others.keySet(), dirty)) {
            accounts.removeIf(account -> account.end().isBefore(oldest));
        }
        if (server.isAnswering()) {
            List.copyOf(isAll ? own.keySet() : dirty).forEach(this::write);
        }
    }

    @Override
    public void list(Consumer<Map<LedgerAccount, LedgerUse>> answer) {
        Set<LedgerAccount> known = new HashSet<>(own.keySet());
        known.addAll(others.keySet());
        if (known.isEmpty()) {
            answer.accept(Map.of());
            return;
        }
        List<LedgerAccount> accounts = List.copyOf(known);
        find(accounts, uses -> {
            Map<LedgerAccount, LedgerUse> all = new HashMap<>();
            for (int i = 0; i < accounts.size(); i++) {
                all.put(accounts.get(i), uses.get(i));
            }
            answer.accept(all);
        });
    }
}
