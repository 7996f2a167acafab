// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The places where limits and budgets are counted, other than the memory of the relay.
 *
 * @param file     the file of the ledger of budgets; null for none
 * @param interval the time between two writes of the file
 */
record StateConfig(Path file, Duration interval) {
    /** In memory only. */
    static final StateConfig NONE = new StateConfig(null, Duration.ofSeconds(1));
}
