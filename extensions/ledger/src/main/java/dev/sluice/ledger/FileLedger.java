// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.ledger;

import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.LedgerAccount;
import dev.sluice.engine.spi.LedgerUse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A ledger that keeps what was used in a file. Answers come from memory; what has changed is written and forced to the
 * disk once in an interval, by a thread of its own, so that a relay that dies loses at most the use of one interval.
 *
 * <p>The file belongs to one process at a time. It is an MVStore of H2, which recovers from a write that was cut short.
 *
 * <p><b>Threading:</b> any.
 */
public final class FileLedger implements BudgetLedger, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FileLedger.class);
    /** The time for which an account is kept after the end of its window. */
    private static final Duration KEPT = Duration.ofDays(2);

    private final Path file;
    private final Clock clock;
    private final MVStore store;
    private final MVMap<String, String> stored;
    private final Map<LedgerAccount, LedgerUse> uses = new ConcurrentHashMap<>();
    private final Set<LedgerAccount> changed = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "ledger-writer");
        thread.setDaemon(true);
        return thread;
    });
    private boolean isFailing; // confined to the writer's thread

    private FileLedger(Path file, Clock clock, MVStore store) {
        this.file = file;
        this.clock = clock;
        this.store = store;
        stored = store.openMap("uses");
        stored.forEach((key, value) -> uses.put(Rows.account(key), Rows.use(value)));
    }

    /**
     * Opens a ledger, which is empty if there is no file.
     *
     * @param file     the file; its directory must exist
     * @param interval the time between two writes, longer than zero
     * @return the ledger
     * @throws IllegalArgumentException if the file cannot be used, for instance because another process uses it
     */
    public static FileLedger open(Path file, Duration interval) {
        return open(file, interval, Clock.systemUTC());
    }

    static FileLedger open(Path file, Duration interval, Clock clock) {
        if (interval.isNegative() || interval.isZero()) {
            throw new IllegalArgumentException("interval: " + interval + " (expected: longer than zero)");
        }
        MVStore store;
        try {
            store = new MVStore.Builder().fileName(file.toString()).autoCommitDisabled().open();
        } catch (MVStoreException e) {
            throw new IllegalArgumentException(file + ": cannot be opened as a ledger (expected: a path in a directory"
                    + " that can be written, which no other relay uses)", e);
        }
        try {
            FileLedger ledger = new FileLedger(file, clock, store);
            ledger.writer.scheduleWithFixedDelay(ledger::writeChanges, interval.toNanos(), interval.toNanos(),
                    TimeUnit.NANOSECONDS);
            return ledger;
        } catch (RuntimeException e) {
            store.closeImmediately();
            throw new IllegalArgumentException(file + ": not a ledger (expected: a file that a relay has written)", e);
        }
    }

    @Override
    public void find(List<LedgerAccount> accounts, Consumer<List<LedgerUse>> answer) {
        answer.accept(accounts.stream().map(account -> uses.getOrDefault(account, LedgerUse.NONE)).toList());
    }

    @Override
    public void add(List<LedgerAccount> accounts, LedgerUse use) {
        for (LedgerAccount account : accounts) {
            uses.merge(account, use, LedgerUse::plus);
            changed.add(account);
        }
    }

    @Override
    public void list(Consumer<Map<LedgerAccount, LedgerUse>> answer) {
        answer.accept(Map.copyOf(uses));
    }

    /** Writes what has changed. Catches every failure, because a scheduled task that throws does not run again. */
    private void writeChanges() {
        try {
            write();
            if (isFailing) {
                LOG.info("the ledger {} is written again", file);
            }
            isFailing = false;
        } catch (RuntimeException e) {
            if (!isFailing) {
                LOG.error("the ledger {} cannot be written; what is used from now on is lost if the relay stops", file,
                        e);
            }
            isFailing = true;
        }
    }

    private void write() {
        Instant oldest = clock.instant().minus(KEPT);
        for (LedgerAccount account : List.copyOf(changed)) {
            changed.remove(account); // before it is read, so that no later change is missed
            LedgerUse use = uses.get(account);
            if (use != null) {
                stored.put(Rows.key(account), Rows.value(use));
            }
        }
        uses.keySet().removeIf(account -> {
            boolean isOld = account.end().isBefore(oldest);
            if (isOld) {
                stored.remove(Rows.key(account));
            }
            return isOld;
        });
        if (store.hasUnsavedChanges()) {
            store.commit();
            store.sync();
        }
    }

    /** Writes everything and closes the file. To be called after the relay is closed. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            if (!writer.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn("the ledger {} is still being written", file);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        writeChanges();
        store.close();
    }
}
