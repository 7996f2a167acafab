// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.BudgetConfig;
import dev.sluice.engine.config.BudgetWindow;
import dev.sluice.engine.config.GroupConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.PriceConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.LedgerAccount;
import dev.sluice.engine.spi.LedgerUse;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Budgets, from the request to the ledger: the body of each request has 47 bytes, 11 tokens by the estimate. */
class BudgetIT extends RelayFixture {
    private static final String ENDED = COMPLETED.replace("\"id\":\"resp_1\"",
            "\"id\":\"resp_1\",\"model\":\"gpt-5.2-2026\",\"service_tier\":\"priority\"");
    private static final BudgetConfig TEN_TOKENS = new BudgetConfig(BudgetWindow.DAY, 0, 10);

    private final Ledger ledger = new Ledger();

    /** A ledger that can be looked into, and does not answer if the test says so. */
    private static final class Ledger implements BudgetLedger {
        private final Map<LedgerAccount, LedgerUse> uses = new ConcurrentHashMap<>();
        private volatile boolean isSilent;

        @Override
        public void find(List<LedgerAccount> accounts, Consumer<List<LedgerUse>> answer) {
            if (!isSilent) {
                answer.accept(accounts.stream().map(each -> uses.getOrDefault(each, LedgerUse.NONE)).toList());
            }
        }

        @Override
        public void add(List<LedgerAccount> accounts, LedgerUse use) {
            accounts.forEach(account -> uses.merge(account, use, LedgerUse::plus));
        }

        @Override
        public void list(Consumer<Map<LedgerAccount, LedgerUse>> answer) {
            answer.accept(uses);
        }

        LedgerUse of(LedgerAccount.Kind kind, String name) {
            return uses.entrySet().stream().filter(each -> each.getKey().kind() == kind
                    && each.getKey().name().equals(name) && each.getKey().window().equals("month"))
                    .map(Map.Entry::getValue).findFirst().orElse(LedgerUse.NONE);
        }
    }

    private void launch(UsageLimits limits) {
        launch(route -> route, builder -> builder.group(new GroupConfig("team", UsageLimits.NONE))
                .key(KeyConfig.ofSecret("alice", "sk-a").withLimits(limits).withGroup("team"))
                .price(new PriceConfig("gpt-*", "priority", new BigDecimal("2"), BigDecimal.ONE, BigDecimal.TEN))
                .price(new PriceConfig("gpt-*", null, BigDecimal.ONE, BigDecimal.ONE, BigDecimal.ONE)),
                extensionsBuilder().budgetLedger(ledger).build());
    }

    private RawPeer ask() throws IOException {
        return connect().write(post("Authorization: Bearer sk-a\r\nContent-Length: " + BODY.length() + "\r\n", BODY));
    }

    @Test
    void shouldChargeTheModelAndTierThatServedAndRefuseWhenTheBudgetIsSpent() throws Exception {
        launch(UsageLimits.NONE.withBudgets(TEN_TOKENS));
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                peer.write(eventStreamHead() + chunk(CREATED + DELTA + ENDED) + "0\r\n\r\n");
            }
        });
        for (int i = 0; i < 2; i++) {
            try (RawPeer client = ask()) {
                assertTrue(client.readMessage().head().startsWith("HTTP/1.1 200 "));
            }
        }
        LedgerUse used = new LedgerUse(2, 0, 6, 0, 10, 2 * (3 * 2 + 5 * 10));
        assertEquals(used, ledger.of(LedgerAccount.Kind.KEY, "alice"));
        assertEquals(used, ledger.of(LedgerAccount.Kind.GROUP, "team"));
        assertEquals(used, ledger.of(LedgerAccount.Kind.ROUTE, "gpt-*"));
        assertEquals(used, ledger.of(LedgerAccount.Kind.MODEL, "gpt-5.2-2026"));

        try (RawPeer client = ask()) {
            RawPeer.Message refusal = client.readMessage();
            assertTrue(refusal.head().startsWith("HTTP/1.1 429 "), refusal.head());
            assertTrue(refusal.head().toLowerCase(Locale.ROOT).contains("\r\nretry-after: "), refusal.head());
            assertTrue(refusal.text().contains("\"type\":\"insufficient_quota\""), refusal.text());
            assertTrue(refusal.text().contains("This API key has used 16 of 10 tokens of its budget for the day"),
                    refusal.text());
        }
        assertTrue(usagePage().contains("{\"by\":\"model\",\"name\":\"gpt-5.2-2026\",\"window\":\"month\""));
        assertTrue(usagePage().contains("\"requests\":2,\"estimated\":0,\"input_tokens\":6,\"cached_tokens\":0,"
                + "\"output_tokens\":10,\"usd\":0.000112}"), usagePage());
    }

    private String usagePage() {
        return adminPage("/usage");
    }

    /** Whatever the end, each request that was sent is charged once. */
    @ParameterizedTest
    @CsvSource({
        "whole,   1, 0, 8",
        "cut,     1, 1, 11", // the upstream breaks off before it has told anything
        "left,    1, 1, 11", // so does the downstream
        "refused, 1, 1, 11", // with an error of the upstream
        "unsent,  0, 0, 0"}) // no such model
    void shouldChargeEachRequestOnce(String end, long requests, long estimated, long tokens) throws Exception {
        launch(UsageLimits.NONE);
        upstream.then(peer -> {
            peer.readMessage();
            if (end.equals("refused")) {
                peer.write("HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\n{}");
            } else {
                peer.write(eventStreamHead() + chunk(CREATED + DELTA) + (end.equals("whole") ? chunk(COMPLETED)
                        + "0\r\n\r\n" : ""));
            }
            if (end.equals("cut")) {
                peer.reset();
            } else if (end.equals("left")) {
                peer.awaitClose();
            }
        });
        try (RawPeer client = connect()) {
            String body = end.equals("unsent") ? BODY.replace("gpt-5.2", "model-x") : BODY;
            client.write(post("Authorization: Bearer sk-a\r\nContent-Length: " + body.length() + "\r\n", body));
            if (end.equals("left")) {
                client.readUntil("\"hi\"");
            } else {
                client.in().readNBytes(1);
            }
            if (!end.equals("left") && !end.equals("unsent")) {
                takeUsage();
            }
        }
        if (end.equals("left")) {
            takeUsage();
        }
        awaitInFlight(0);

        LedgerUse use = ledger.of(LedgerAccount.Kind.KEY, "alice");
        assertEquals(List.of(requests, estimated, tokens), List.of(use.requests(), use.estimated(), use.tokens()));
    }

    /** A ledger that does not answer is a quota that does not answer. */
    @Test
    void shouldNotWaitForALedgerWithoutEnd() throws Exception {
        time.stopTicking();
        launch(UsageLimits.NONE.withBudgets(TEN_TOKENS));
        ledger.isSilent = true;
        try (RawPeer client = ask()) {
            awaitInFlight(1);
            time.settle();
            time.advance(Duration.ofSeconds(3));

            assertTrue(client.readMessage().text().contains("store_unavailable"));
        }
        assertEquals(Map.of(), ledger.uses);
    }
}
