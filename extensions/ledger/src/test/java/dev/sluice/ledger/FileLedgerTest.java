// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.spi.LedgerAccount;
import dev.sluice.engine.spi.LedgerUse;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLedgerTest {
    private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");
    private static final Duration NEVER = Duration.ofDays(300);

    @TempDir
    private Path folder;

    private static LedgerAccount account(String name, int day) {
        Instant start = Instant.parse("2026-11-01T00:00:00Z").plus(Duration.ofDays(day - 1));
        return new LedgerAccount(LedgerAccount.Kind.KEY, name, "day", start, start.plus(Duration.ofDays(1)));
    }

    private FileLedger open(Duration interval) {
        return FileLedger.open(folder.resolve("ledger.mv"), interval, Clock.fixed(NOW, ZoneOffset.UTC));
    }

    private static LedgerUse find(FileLedger ledger, LedgerAccount account) {
        LedgerUse[] found = new LedgerUse[1];
        ledger.find(List.of(account), uses -> found[0] = uses.get(0));
        return found[0];
    }

    private static Map<LedgerAccount, LedgerUse> all(FileLedger ledger) {
        Map<LedgerAccount, LedgerUse> all = new HashMap<>();
        ledger.list(all::putAll);
        return all;
    }

    @Test
    void shouldKnowAfterARestartWhatWasUsedBefore() {
        LedgerUse one = new LedgerUse(1, 1, 2, 1, 3, Long.MAX_VALUE / 4);
        LedgerAccount alice = account("alice", 26);
        LedgerAccount odd = new LedgerAccount(LedgerAccount.Kind.MODEL, "a\u001fb ü \n", "7d", NOW, NOW.plusSeconds(1));
        try (FileLedger ledger = open(NEVER)) {
            assertEquals(LedgerUse.NONE, find(ledger, alice));
            ledger.add(List.of(alice, odd), one);
            ledger.add(List.of(alice), one);
            assertEquals(one.plus(one), find(ledger, alice));
        }
        try (FileLedger ledger = open(NEVER)) {
            assertEquals(one.plus(one), find(ledger, alice));
            assertEquals(2, all(ledger).size());
        }
    }

    /** Whatever the moment at which the process dies, what was written in an interval before is there. */
    @Test
    void shouldLoseAtMostAnIntervalWhenItsProcessDies() throws Exception {
        Path copy = folder.resolve("copy.mv");
        LedgerAccount alice = account("alice", 26);
        try (FileLedger ledger = open(Duration.ofMillis(5))) {
            long added = 0;
            for (int i = 0; i < 20; i++) {
                ledger.add(List.of(alice), new LedgerUse(1, 0, 1, 0, 0, 1));
                added++;
                long known = added;
                await(() -> {
                    Files.deleteIfExists(copy);
                    Files.copy(folder.resolve("ledger.mv"), copy); // what a process that dies now leaves behind
                    try (FileLedger left = FileLedger.open(copy, NEVER, Clock.fixed(NOW, ZoneOffset.UTC))) {
                        return find(left, alice).requests() == known;
                    } catch (IllegalArgumentException written) {
                        return false; // copied while it was written
                    }
                });
            }
        }
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(Condition condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.holds()) {
            assertTrue(System.nanoTime() - end < 0, "nothing was written within 20 s");
            Thread.sleep(2);
        }
    }

    @Test
    void shouldRecoverFromAWriteThatWasCut() throws Exception {
        LedgerAccount alice = account("alice", 26);
        Path file = folder.resolve("ledger.mv");
        try (FileLedger ledger = open(NEVER)) {
            ledger.add(List.of(alice), new LedgerUse(1, 0, 1, 0, 0, 1));
        }
        long length = Files.size(file);
        try (FileLedger ledger = open(NEVER)) {
            ledger.add(List.of(alice), new LedgerUse(1, 0, 1, 0, 0, 1));
        }
        try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
            cut.setLength(Math.max(length, cut.length() - 100));
        }
        try (FileLedger ledger = open(NEVER)) {
            assertTrue(find(ledger, alice).requests() >= 1, "requests: " + find(ledger, alice));
        }
    }

    @Test
    void shouldForgetWindowsThatEndedTwoDaysAgo() {
        try (FileLedger ledger = open(NEVER)) {
            for (int day = 20; day <= 26; day++) {
                ledger.add(List.of(account("alice", day)), new LedgerUse(1, 0, 1, 0, 0, 1));
            }
        }
        try (FileLedger ledger = open(NEVER)) {
            assertEquals(List.of(24, 25, 26), all(ledger).keySet().stream()
                    .map(each -> each.start().atZone(ZoneOffset.UTC).getDayOfMonth()).sorted().toList());
        }
    }

    @Test
    void shouldBelongToOneProcess() {
        FileLedger first = open(NEVER);
        try {
            String message = assertThrows(IllegalArgumentException.class, () -> open(NEVER)).getMessage();
            assertTrue(message.endsWith("ledger.mv: cannot be opened as a ledger (expected: a path in a directory that"
                    + " can be written, which no other relay uses)"), message);
        } finally {
            first.close();
        }
    }

    @Test
    void shouldRefuseWhatIsNoLedger() throws IOException {
        Files.writeString(folder.resolve("ledger.mv"), "not a store\n".repeat(1000));

        assertThrows(IllegalArgumentException.class, () -> open(NEVER));
        assertThrows(IllegalArgumentException.class, () -> open(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> FileLedger.open(folder.resolve("no/such/folder/x"), NEVER));
    }

    @Test
    void shouldLoseNothingThatIsAddedAtTheSameTime() throws Exception {
        LedgerAccount alice = account("alice", 26);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (FileLedger ledger = open(Duration.ofMillis(1))) {
            CountDownLatch done = new CountDownLatch(4);
            for (int i = 0; i < 4; i++) {
                SplittableRandom random = new SplittableRandom(i);
                threads.execute(() -> {
                    for (int n = 0; n < 5000; n++) {
                        ledger.add(List.of(alice, account("x" + random.nextInt(50), 26)),
                                new LedgerUse(1, 0, 2, 1, 3, 7));
                    }
                    done.countDown();
                });
            }
            assertTrue(done.await(60, TimeUnit.SECONDS));
        } finally {
            threads.shutdownNow();
        }
        try (FileLedger ledger = open(NEVER)) {
            assertEquals(new LedgerUse(20_000, 0, 40_000, 20_000, 60_000, 140_000), find(ledger, alice));
            assertEquals(40_000, all(ledger).values().stream().mapToLong(LedgerUse::requests).sum());
        }
    }
}
