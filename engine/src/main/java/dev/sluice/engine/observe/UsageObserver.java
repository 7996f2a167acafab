// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.ObservedExchange;
import dev.sluice.engine.spi.UsageRecord;
import dev.sluice.engine.spi.UsageSink;

/** The observer that hands a {@link UsageSink} the usage of each exchange that reached an upstream. */
public final class UsageObserver implements ExchangeObserver {
    private final UsageSink sink;

    /**
     * @param sink receives the records
     */
    public UsageObserver(UsageSink sink) {
        this.sink = sink;
    }

    @Override
    public void onEnded(ObservedExchange exchange) {
        if (exchange.upstreamModel() != null && exchange.attempts() > 0) {
            sink.record(new UsageRecord(exchange.id(), exchange.principal(), exchange.cluster(), exchange.model(),
                    exchange.upstreamModel(), exchange.responseId(), exchange.usage(), exchange.isComplete()));
        }
    }
}
