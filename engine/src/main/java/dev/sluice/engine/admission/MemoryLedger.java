// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.LedgerAccount;
import dev.sluice.engine.spi.LedgerUse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** A ledger in memory, which starts empty. Thread-safe. */
final class MemoryLedger implements BudgetLedger {
    private static final Duration KEPT = Duration.ofDays(2);
    private static final Duration SWEEP = Duration.ofHours(1);

    private final Clock clock;
    private final Map<LedgerAccount, Sum> sums = new ConcurrentHashMap<>();
    private final AtomicReference<Instant> swept;

    MemoryLedger(Clock clock) {
        this.clock = clock;
        swept = new AtomicReference<>(clock.instant());
    }

    @Override
    public void find(List<LedgerAccount> accounts, Consumer<List<LedgerUse>> answer) {
        answer.accept(accounts.stream().map(account -> {
            Sum sum = sums.get(account);
            return sum == null ? LedgerUse.NONE : sum.get();
        }).toList());
    }

    @Override
    public void add(List<LedgerAccount> accounts, LedgerUse use) {
        sweep();
        for (LedgerAccount account : accounts) {
            Sum sum = sums.get(account);
            (sum != null ? sum : sums.computeIfAbsent(account, each -> new Sum())).add(use);
        }
    }

    private void sweep() {
        Instant now = clock.instant();
        Instant last = swept.get();
        if (now.isAfter(last.plus(SWEEP)) && swept.compareAndSet(last, now)) {
            sums.keySet().removeIf(account -> account.end().plus(KEPT).isBefore(now));
        }
    }

    @Override
    public void list(Consumer<Map<LedgerAccount, LedgerUse>> answer) {
        Map<LedgerAccount, LedgerUse> uses = new HashMap<>();
        sums.forEach((account, sum) -> uses.put(account, sum.get()));
        answer.accept(Map.copyOf(uses));
    }

    /** The sum of the uses of one account. */
    private static final class Sum {
        private long requests;
        private long estimated;
        private long inputTokens;
        private long cachedTokens;
        private long outputTokens;
        private long microDollars;

        synchronized void add(LedgerUse use) {
            requests += use.requests();
            estimated += use.estimated();
            inputTokens += use.inputTokens();
            cachedTokens += use.cachedTokens();
            outputTokens += use.outputTokens();
            microDollars += use.microDollars();
        }

        synchronized LedgerUse get() {
            return new LedgerUse(requests, estimated, inputTokens, cachedTokens, outputTokens, microDollars);
        }
    }
}
