// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The use of keys, groups, routes and models, from which budgets are known to be spent. The relay's own ledger is in
 * memory and starts empty; another one may survive a restart, or be shared by several relays.
 *
 * <p><b>Threading:</b> called on event loops, so an implementation must not block. An exception counts as an answer
 * that does not arrive.
 *
 * <p><b>Deadlines:</b> a request with a budget waits for {@link #find}, as part of its {@code quota} timeout. What is
 * in flight when a budget runs out is not stopped: a budget is exceeded by at most its use.
 */
public interface BudgetLedger {
    /**
     * Looks up what accounts have used.
     *
     * @param accounts the accounts; at least one
     * @param answer   receives their use, in the same order, {@link LedgerUse#NONE} for an account without use; to be
     *                 called exactly once, during this call or later, from any thread
     */
    void find(List<LedgerAccount> accounts, Consumer<List<LedgerUse>> answer);

    /**
     * Adds the use of one request.
     *
     * @param accounts the accounts to which all of it is added
     * @param use      the use
     */
    void add(List<LedgerAccount> accounts, LedgerUse use);

    /**
     * Lists what is kept: the accounts of current windows, and of those that have ended less than two days ago.
     *
     * @param answer receives the accounts and their use; called as in {@link #find}
     */
    void list(Consumer<Map<LedgerAccount, LedgerUse>> answer);
}
