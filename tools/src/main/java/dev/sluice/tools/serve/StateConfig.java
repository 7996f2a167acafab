// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.redis.RedisSettings;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The places where limits and budgets are counted, other than the memory of the relay.
 *
 * @param file     the file of the ledger of budgets; null for none
 * @param interval the time between two writes of the file
 * @param redis    the server on which several relays share limits, budgets and owners; null for none
 */
record StateConfig(Path file, Duration interval, RedisSettings redis) {
    /** In memory only. */
    static final StateConfig NONE = new StateConfig(null, Duration.ofSeconds(1), null);
}
