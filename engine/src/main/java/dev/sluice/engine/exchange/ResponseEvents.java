// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.response.ResponseListener;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.protocol.error.RelayException;

/** The handler of reports from the response: it advances the exchange from the commit to the end. */
final class ResponseEvents implements ResponseListener {
    private final ExchangeContext exchange;
    private final ExchangeEnding ending;

    ResponseEvents(ExchangeContext exchange, ExchangeEnding ending) {
        this.exchange = exchange;
        this.ending = ending;
    }

    @Override
    public void onCommit(long nowNanos) {
        exchange.life.moveTo(ExchangeState.RELAYING);
        exchange.requestPath.onAnswered();
        exchange.requestPath.attempts().onCommit(nowNanos);
        exchange.services.observers().committed(exchange.view);
    }

    @Override
    public void onCollecting() {
        exchange.life.moveTo(ExchangeState.COLLECTING);
        exchange.requestPath.onAnswered();
    }

    @Override
    public void onDraining() {
        exchange.life.moveTo(ExchangeState.DRAINING);
    }

    @Override
    public void onResponseId(String id) {
        exchange.requestPath.onResponseId(id);
    }

    @Override
    public void onEnding() {
        ending.prepare();
    }

    @Override
    public void onEnded(ExchangeEnd end, String error) {
        ending.finish(end, error);
    }

    @Override
    public void onRefused(RelayException refusal) {
        ending.refuse(refusal);
    }
}
