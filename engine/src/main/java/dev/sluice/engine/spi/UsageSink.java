// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

/**
 * Is told of every exchange that reached an upstream, once, when it is over.
 *
 * <p><b>Threading:</b> called on the exchange's event loop; must not block and not throw.
 */
@FunctionalInterface
public interface UsageSink {
    /** Takes the account of one exchange. */
    void record(UsageRecord usage);
}
