// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.ledger.FileLedger;
import dev.sluice.redis.RedisState;

/** The open stores of a configuration, which live as long as the relay. */
final class StateStores implements AutoCloseable {
    private FileLedger ledger;
    private RedisState redis;

    /**
     * Opens the stores.
     *
     * @throws ConfigException if a store cannot be used
     */
    StateStores(StateConfig config) {
        try {
            ledger = config.file() == null ? null : FileLedger.open(config.file(), config.interval());
        } catch (IllegalArgumentException e) {
            throw new ConfigException("state.file", "state.file: " + e.getMessage(), e);
        }
        redis = config.redis() == null ? null : RedisState.open(config.redis());
    }

    /** Lets a relay use the stores. */
    void use(Extensions.Builder extensions) {
        if (ledger != null) {
            extensions.budgetLedger(ledger);
        }
        if (redis != null) {
            extensions.requestQuota(redis.quota()).affinityStore(redis.owners()).budgetLedger(redis.ledger());
        }
    }

    /** Writes what is not written yet, after the relay was closed; idempotent. */
    @Override
    public synchronized void close() {
        if (ledger != null) {
            ledger.close();
            ledger = null;
        }
        if (redis != null) {
            redis.close();
            redis = null;
        }
    }
}
