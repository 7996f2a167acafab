// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

/**
 * A receiver of usage records: one for each exchange that names a model and started at least one attempt.
 *
 * <p><b>Threading:</b> called on the exchange's event loop, so an implementation must not block and must not throw.
 */
@FunctionalInterface
public interface UsageSink {
    /**
     * Receives the usage of one exchange after its end. Called once per exchange.
     *
     * @param usage the record
     */
    void record(UsageRecord usage);
}
