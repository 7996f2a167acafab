// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import dev.sluice.engine.config.BudgetConfig;
import dev.sluice.engine.config.BudgetWindow;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.spi.LedgerAccount;
import java.time.Instant;
import java.time.ZoneId;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The accounts to which the requests of a key, a group, a route or a model are charged: the day, the month, and the
 * windows of its budgets. They are made once for each name, until the first of their windows ends, because every
 * request needs them.
 *
 * <p><b>Threading:</b> any.
 */
final class KnownAccounts {
    private static final int MAX_NAMES = 10_000;

    private final Map<LedgerAccount.Kind, Map<String, Entry>> byKind = new EnumMap<>(LedgerAccount.Kind.class);

    KnownAccounts() {
        for (LedgerAccount.Kind kind : LedgerAccount.Kind.values()) {
            byKind.put(kind, new ConcurrentHashMap<>());
        }
    }

    /** Returns the accounts in which a time lies. */
    List<LedgerAccount> of(LedgerAccount.Kind kind, String name, UsageLimits limits, Instant now, ZoneId zone) {
        Map<String, Entry> names = byKind.get(kind);
        Entry known = names.get(name);
        if (known != null && known.isOf(limits, now.toEpochMilli(), zone)) {
            return known.accounts;
        }
        Entry made = make(kind, name, limits, now, zone);
        if (known != null || names.size() < MAX_NAMES) {
            names.put(name, made);
        }
        return made.accounts;
    }

    private static Entry make(LedgerAccount.Kind kind, String name, UsageLimits limits, Instant now, ZoneId zone) {
        Set<LedgerAccount> accounts = new LinkedHashSet<>();
        accounts.add(account(kind, name, BudgetWindow.DAY, now, zone));
        accounts.add(account(kind, name, BudgetWindow.MONTH, now, zone));
        for (BudgetConfig budget : limits.budgets()) {
            accounts.add(account(kind, name, budget.window(), now, zone));
        }
        long from = accounts.stream().mapToLong(each -> each.start().toEpochMilli()).max().orElseThrow();
        long to = accounts.stream().mapToLong(each -> each.end().toEpochMilli()).min().orElseThrow();
        return new Entry(limits, zone, from, to, List.copyOf(accounts));
    }

    static LedgerAccount account(LedgerAccount.Kind kind, String name, BudgetWindow window, Instant now, ZoneId zone) {
        BudgetWindow.Span span = window.at(now, zone);
        return new LedgerAccount(kind, name, window.name(), span.start(), span.end());
    }

    /**
     * The accounts of one name.
     *
     * @param from the time from which all of them count, in milliseconds since 1970
     * @param to   the time at which the first of their windows ends
     */
    private record Entry(UsageLimits limits, ZoneId zone, long from, long to, List<LedgerAccount> accounts) {
        boolean isOf(UsageLimits other, long nowMillis, ZoneId otherZone) {
            return nowMillis >= from && nowMillis < to && zone.equals(otherZone)
                    && (limits == other || limits.equals(other));
        }
    }
}
