// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** A ledger of budgets in a local file: {@link dev.sluice.ledger.FileLedger}. */
module dev.sluice.ledger {
    requires transitive dev.sluice.engine;
    requires com.h2database.mvstore;
    requires org.slf4j;

    exports dev.sluice.ledger;
}
