// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.BudgetConfig;
import dev.sluice.engine.config.BudgetWindow;
import dev.sluice.engine.config.PriceConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.spi.LedgerAccount;
import dev.sluice.engine.spi.LedgerUse;
import dev.sluice.engine.spi.PlannedRequest;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.QuotaRefusal;
import dev.sluice.engine.spi.RequestQuota;
import dev.sluice.engine.spi.Settlement;
import dev.sluice.protocol.event.Usage;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BudgetedQuotaTest {
    private static final List<PriceConfig> PRICES = List.of(
            price("gpt-5*-codex", null, "1.25", "0.125", "10"),
            price("gpt-5*", "priority", "2.5", "0.25", "20"),
            price("gpt-5*", null, "1.1", "0.11", "4.4"),
            price("tiny", null, "0.000001", "0", "0.000001"));

    private Instant now = Instant.parse("2026-11-26T12:00:00Z");
    private final Clock clock = new Clock() {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    };
    private final MemoryLedger ledger = new MemoryLedger(clock);
    private final BudgetedQuota quota = new BudgetedQuota(new MemoryQuota(() -> 0), ledger, clock,
            new BudgetedQuota.Settings(PRICES, ZoneOffset.UTC));
    private RequestQuota.Permit permit;

    private static PriceConfig price(String model, String tier, String input, String cached, String output) {
        return new PriceConfig(model, tier, new BigDecimal(input), new BigDecimal(cached), new BigDecimal(output));
    }

    private static BudgetConfig dollars(String window, long micro) {
        return new BudgetConfig(new BudgetWindow(window), micro, 0);
    }

    private static Principal caller(BudgetConfig... budgets) {
        return Principal.of("alice").withLimits(UsageLimits.NONE.withBudgets(budgets));
    }

    private QuotaRefusal ask(Principal caller, RouteConfig route, long estimate) {
        QuotaRefusal[] refused = new QuotaRefusal[1];
        permit = null;
        quota.admit(new PlannedRequest(caller, route, "gpt-5.2", "gpt-5.2", estimate), new RequestQuota.Answer() {
            @Override
            public void grant(RequestQuota.Permit granted) {
                permit = granted;
            }

            @Override
            public void refuse(QuotaRefusal refusal) {
                refused[0] = refusal;
            }

            @Override
            public void lose() {
                throw new AssertionError("memory is never lost");
            }
        });
        return refused[0];
    }

    private QuotaRefusal ask(Principal caller) {
        return ask(caller, RouteConfig.of("gpt-*", "up"), 10);
    }

    private static Settlement used(String model, String tier, long input, long cached, long output) {
        return new Settlement(model, tier, new Usage(input, cached, output, 0, input + output, false));
    }

    private LedgerUse total(LedgerAccount.Kind kind, String name, String window) {
        LedgerUse[] sum = {LedgerUse.NONE};
        ledger.list(all -> all.forEach((account, use) -> {
            if (account.kind() == kind && account.name().equals(name) && account.window().equals(window)) {
                sum[0] = sum[0].plus(use);
            }
        }));
        return sum[0];
    }

    @ParameterizedTest
    @CsvSource({
        "gpt-5.2-codex, ,         1000000, 0,      0,       1250000",
        "gpt-5.2-codex, priority, 1000000, 0,      0,       1250000", // the first that matches
        "gpt-5.2,       priority, 1000000, 200000, 100000,  4050000",
        "gpt-5.2,       default,  1000000, 200000, 100000,  1342000",
        "gpt-5.2,       ,         0,       0,      0,       0",
        "gpt-5.2,       ,         1,       0,      0,       1", // 1.1 rounds down
        "gpt-5.2,       ,         5,       0,      0,       6", // 5.5 rounds up
        "tiny,          ,         499999,  0,      0,       0",
        "tiny,          ,         500000,  0,      0,       1",
        "other,         ,         1000000, 0,      0,       1100000", // not priced: as requested
        "gpt-5.2,       ,         100,     900,    0,       11"}) // more cached than there are
    void shouldPriceByTheModelAndTierThatServed(String model, String tier, long input, long cached, long output,
            long microDollars) {
        assertNull(ask(caller()));
        permit.settle(used(model, tier, input, cached, output));

        assertEquals(microDollars, total(LedgerAccount.Kind.KEY, "alice", "day").microDollars());
        assertEquals(1, total(LedgerAccount.Kind.MODEL, model, "month").requests());
        assertEquals(microDollars, total(LedgerAccount.Kind.ROUTE, "gpt-*", "month").microDollars());
    }

    @Test
    void shouldRefuseOnceABudgetIsSpentAndSayHowMuchOfWhat() {
        Principal caller = caller(dollars("day", 2_000_000), new BudgetConfig(new BudgetWindow("7d"), 0, 5_000_000));
        assertNull(ask(caller));
        permit.settle(used("gpt-5.2", null, 1_000_000, 0, 0));
        assertNull(ask(caller));
        permit.settle(used("gpt-5.2", null, 1_000_000, 0, 0));

        QuotaRefusal refusal = ask(caller);

        assertEquals("This API key has used 2.2 of 2 US dollars of its budget for the day, which ends at"
                + " 2026-11-27T00:00:00Z", refusal.reason());
        assertEquals(Duration.ofHours(12), refusal.retryAfter());
        assertTrue(refusal.isSpent());
        now = Instant.parse("2026-11-27T00:00:00Z");
        assertNull(ask(caller));
        permit.settle(used("gpt-5.2", null, 3_000_000, 0, 0));
        assertTrue(ask(caller).reason().startsWith("This API key has used 3.3 of 2 US dollars"));
        now = Instant.parse("2026-11-28T00:00:00Z"); // of the same seven days
        assertEquals("This API key has used 5000000 of 5000000 tokens of its budget for 7d, which ends at"
                + " 2026-12-03T00:00:00Z", ask(caller).reason());
    }

    @Test
    void shouldCountForGroupsAndRoutes() {
        UsageLimits spent = UsageLimits.NONE.withBudgets(dollars("month", 1));
        RouteConfig route = RouteConfig.of("gpt-*", "up").toBuilder().limits(spent).build();
        assertNull(ask(caller().withGroup("team", spent)));
        permit.settle(used("gpt-5.2", null, 10, 0, 0));
        assertTrue(ask(Principal.of("bob").withGroup("team", spent)).reason()
                .startsWith("The group team has used 0.000011 of 0.000001 US dollars of its budget for the month"));
        assertNull(ask(Principal.of("bob")));
        assertTrue(ask(Principal.of("bob"), route, 10).reason().startsWith("The route gpt-* has used"));
    }

    @Test
    void shouldMarkWhatIsEstimatedAndForgetWhatWasNotSent() {
        assertNull(ask(caller()));
        permit.settle(new Settlement("gpt-5.2", null, null)); // cut before the upstream told anything
        assertNull(ask(caller()));
        permit.release();
        assertNull(ask(caller(), RouteConfig.of("gpt-*", "up"), 0)); // a GET, which uses no tokens
        permit.settle(used("gpt-5.2", null, 99, 0, 0));

        assertEquals(new LedgerUse(1, 1, 10, 0, 0, 11), total(LedgerAccount.Kind.KEY, "alice", "day"));
    }

    /** The sums of many responses are those of an independent calculation, to the millionth of a dollar. */
    @Test
    void shouldSumUpExactly() {
        SplittableRandom random = new SplittableRandom(26);
        String[] models = {"gpt-5.2", "gpt-5.2-codex", "tiny", "gpt-5-mini"};
        String[] tiers = {null, "default", "priority", "flex"};
        String[] names = {"alice", "bob", "carol"};
        Map<String, Long> expected = new HashMap<>();
        for (int i = 0; i < 10_000; i++) {
            now = now.plusSeconds(random.nextInt(60));
            String name = names[random.nextInt(3)];
            String model = models[random.nextInt(4)];
            String tier = tiers[random.nextInt(4)];
            int end = random.nextInt(10);
            long estimate = 1 + random.nextInt(5000);
            long input = end == 0 ? estimate : random.nextInt(3_000_000);
            long cached = end == 0 ? 0 : random.nextInt(3) * input / 2;
            long output = end == 0 ? 0 : random.nextInt(100_000);
            assertNull(ask(Principal.of(name), RouteConfig.of("gpt-*", "up"), estimate));
            if (end == 1) {
                permit.release(); // cancelled before it was sent
                continue;
            }
            permit.settle(end == 0 ? new Settlement(model, tier, null) : used(model, tier, input, cached, output));
            expected.merge(name + now.toString().substring(0, 10), micro(model, tier, input, Math.min(cached, input),
                    output), Long::sum);
        }

        Map<String, Long> found = new HashMap<>();
        ledger.list(all -> all.forEach((account, use) -> {
            if (account.kind() == LedgerAccount.Kind.KEY && account.window().equals("day")) {
                found.put(account.name() + account.start().toString().substring(0, 10), use.microDollars());
            }
        }));
        expected.keySet().removeIf(day -> !found.containsKey(day)); // swept after two days
        assertTrue(found.size() >= 6, "days: " + found);
        assertEquals(expected, found);
    }

    /** Returns the cost in whole numbers: prices are millionths of a millionth of a dollar for each token. */
    private static long micro(String model, String tier, long input, long cached, long output) {
        long[] prices = model.endsWith("-codex") ? new long[] {1_250_000, 125_000, 10_000_000}
                : model.equals("tiny") ? new long[] {1, 0, 1}
                : "priority".equals(tier) ? new long[] {2_500_000, 250_000, 20_000_000}
                : new long[] {1_100_000, 110_000, 4_400_000};
        BigInteger sum = BigInteger.valueOf(prices[0]).multiply(BigInteger.valueOf(input - cached))
                .add(BigInteger.valueOf(prices[1]).multiply(BigInteger.valueOf(cached)))
                .add(BigInteger.valueOf(prices[2]).multiply(BigInteger.valueOf(output)));
        return sum.add(BigInteger.valueOf(500_000)).divide(BigInteger.valueOf(1_000_000)).longValueExact();
    }

    @Test
    void shouldNotLetAnUpstreamMakeUpNamesWithoutBound() {
        for (int i = 0; i < 5000; i++) {
            assertNull(ask(caller()));
            permit.settle(used("made-up-" + i, null, 1, 0, 0));
        }
        int[] models = new int[1];
        ledger.list(all -> models[0] = (int) all.keySet().stream()
                .filter(account -> account.kind() == LedgerAccount.Kind.MODEL).count());
        assertTrue(models[0] <= 2 * 1001, "accounts of models: " + models[0]);
        assertEquals(4000, total(LedgerAccount.Kind.MODEL, "(other)", "day").requests());
    }
}
