// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.ledger;

import dev.sluice.engine.spi.LedgerAccount;
import dev.sluice.engine.spi.LedgerUse;
import java.time.Instant;
import java.util.Arrays;

/** The text of accounts and uses in the file: fields with a separator that no name can contain. */
final class Rows {
    private static final String SEPARATOR = "\u001f";
    private static final int KEY_FIELDS = 5;
    private static final int VALUE_FIELDS = 6;

    private Rows() {
    }

    static String key(LedgerAccount account) {
        return String.join(SEPARATOR, account.kind().name(), account.name().replace(SEPARATOR, " "), account.window(),
                Long.toString(account.start().toEpochMilli()), Long.toString(account.end().toEpochMilli()));
    }

    static LedgerAccount account(String key) {
        String[] fields = key.split(SEPARATOR, -1);
        if (fields.length != KEY_FIELDS) {
            throw new IllegalArgumentException("account: " + fields.length + " fields (expected: " + KEY_FIELDS + ')');
        }
        return new LedgerAccount(LedgerAccount.Kind.valueOf(fields[0]), fields[1], fields[2],
                Instant.ofEpochMilli(Long.parseLong(fields[3])), Instant.ofEpochMilli(Long.parseLong(fields[4])));
    }

    static String value(LedgerUse use) {
        return use.requests() + " " + use.estimated() + ' ' + use.inputTokens() + ' ' + use.cachedTokens() + ' '
                + use.outputTokens() + ' ' + use.microDollars();
    }

    static LedgerUse use(String value) {
        long[] counts = Arrays.stream(value.split(" ", -1)).mapToLong(Long::parseLong).toArray();
        if (counts.length != VALUE_FIELDS) {
            throw new IllegalArgumentException("use: " + counts.length + " counts (expected: " + VALUE_FIELDS + ')');
        }
        return new LedgerUse(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]);
    }
}
