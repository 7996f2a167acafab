// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

/** The observer that hands a {@link UsageSink} the usage of each exchange that reached an upstream. */
final class UsageObserver implements ExchangeObserver {
    private final UsageSink sink;

    UsageObserver(UsageSink sink) {
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
