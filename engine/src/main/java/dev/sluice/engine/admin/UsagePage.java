// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.LedgerAccount;
import dev.sluice.engine.spi.LedgerUse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The page of what was used, in the order of kinds, names and windows. */
final class UsagePage {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int MAX_SECONDS = 2;
    private static final int DOLLAR_DIGITS = 6;

    private final BudgetLedger ledger;

    UsagePage(BudgetLedger ledger) {
        this.ledger = ledger;
    }

    /** Returns what the ledger knows. */
    Map<LedgerAccount, LedgerUse> uses() throws IOException {
        CompletableFuture<Map<LedgerAccount, LedgerUse>> answer = new CompletableFuture<>();
        ledger.list(answer::complete);
        try {
            return answer.get(MAX_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new IOException("the ledger did not answer within " + MAX_SECONDS + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the ledger was not awaited", e);
        }
    }

    /** Returns the page. */
    byte[] json() throws IOException {
        Map<LedgerAccount, LedgerUse> uses = uses();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<LedgerAccount> accounts = uses.keySet().stream().sorted(Comparator.comparing(LedgerAccount::kind)
                .thenComparing(LedgerAccount::name).thenComparing(LedgerAccount::window)
                .thenComparing(LedgerAccount::start)).toList();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartArray();
            for (LedgerAccount account : accounts) {
                write(json, account, uses.get(account));
            }
            json.writeEndArray();
        }
        return out.toByteArray();
    }

    private static void write(JsonGenerator json, LedgerAccount account, LedgerUse use) throws IOException {
        json.writeStartObject();
        json.writeStringField("by", account.kind().name().toLowerCase(Locale.ROOT));
        json.writeStringField("name", account.name());
        json.writeStringField("window", account.window());
        json.writeStringField("start", account.start().toString());
        json.writeStringField("end", account.end().toString());
        json.writeNumberField("requests", use.requests());
        json.writeNumberField("estimated", use.estimated());
        json.writeNumberField("input_tokens", use.inputTokens());
        json.writeNumberField("cached_tokens", use.cachedTokens());
        json.writeNumberField("output_tokens", use.outputTokens());
        json.writeNumberField("usd", BigDecimal.valueOf(use.microDollars(), DOLLAR_DIGITS));
        json.writeEndObject();
    }
}
