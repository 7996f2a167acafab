// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.response.ResponseListener;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.Failure;
import java.util.Map;

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
        if (end == ExchangeEnd.COMPLETED) {
            exchange.attempt().recordServed();
        } else if (end == ExchangeEnd.FAILED && exchange.requestPath.operation().isAnsweredHere()) {
            exchange.attempt().recordFailure(new Failure(exchange.responsePath.body().errorCode(), null, Map.of()));
        }
        ending.finish(end, error);
    }

    @Override
    public boolean onFailure(Failure failure, boolean isBeginning) {
        return exchange.requestPath.attempts().retryAfterFailure(failure, isBeginning);
    }

    @Override
    public void onRefused(RelayException refusal) {
        ending.refuse(refusal);
    }
}
