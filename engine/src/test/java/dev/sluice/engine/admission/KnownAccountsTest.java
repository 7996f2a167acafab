// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.sluice.engine.config.BudgetConfig;
import dev.sluice.engine.config.BudgetWindow;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.spi.LedgerAccount;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KnownAccountsTest {
    private static final ZoneId UTC = ZoneId.of("UTC");
    private static final Instant NOON = Instant.parse("2026-03-31T12:00:00Z");
    private static final UsageLimits HOURLY = new UsageLimits(0, 0, 0, List.of(new BudgetConfig(new BudgetWindow("1h"),
            1, 0), new BudgetConfig(BudgetWindow.DAY, 1, 0)));

    private final KnownAccounts accounts = new KnownAccounts();

    private List<LedgerAccount> at(String time, UsageLimits limits, ZoneId zone) {
        return accounts.of(LedgerAccount.Kind.KEY, "alice", limits, Instant.parse(time), zone);
    }

    @Test
    void shouldMakeEachAccountOnce() {
        List<LedgerAccount> made = accounts.of(LedgerAccount.Kind.KEY, "alice", HOURLY, NOON, UTC);

        assertEquals(List.of("day", "month", "1h"), made.stream().map(LedgerAccount::window).toList());
        assertSame(made, at("2026-03-31T12:59:59.999Z", HOURLY, UTC));
        assertSame(made, at("2026-03-31T12:00:00Z", new UsageLimits(0, 0, 0, HOURLY.budgets()), UTC));
    }

    /** Whatever has been known before, the accounts are those in which the time lies. */
    @ParameterizedTest
    @CsvSource({
        "2026-03-31T13:00:00Z,     UTC,           2026-03-31T00:00:00Z, 2026-03-31T13:00:00Z",
        "2026-03-31T11:59:59.999Z, UTC,           2026-03-31T00:00:00Z, 2026-03-31T11:00:00Z", // the clock was set back
        "2026-04-01T00:00:00Z,     UTC,           2026-04-01T00:00:00Z, 2026-04-01T00:00:00Z",
        "2026-03-31T12:30:00Z,     Europe/Berlin, 2026-03-30T22:00:00Z, 2026-03-31T12:00:00Z"
    })
    void shouldFollowTheTime(String time, ZoneId zone, Instant day, Instant hour) {
        List<LedgerAccount> before = accounts.of(LedgerAccount.Kind.KEY, "alice", HOURLY, NOON, UTC);

        List<LedgerAccount> now = at(time, HOURLY, zone);

        assertNotEquals(before, now);
        assertEquals(day, now.get(0).start());
        assertEquals(hour, now.get(2).start());
    }

    @Test
    void shouldFollowTheLimits() {
        assertEquals(3, accounts.of(LedgerAccount.Kind.KEY, "alice", HOURLY, NOON, UTC).size());
        assertEquals(2, accounts.of(LedgerAccount.Kind.KEY, "alice", UsageLimits.NONE, NOON, UTC).size());
        assertEquals(LedgerAccount.Kind.MODEL, accounts.of(LedgerAccount.Kind.MODEL, "alice", UsageLimits.NONE, NOON,
                UTC).get(0).kind());
    }
}
