// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.http.Refusal;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.spi.Settlement;
import dev.sluice.protocol.error.RelayException;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http.HttpHeaders;

/** The ends of an exchange: an answer of the relay's own, or the end of its response. Only the first end counts. */
final class ExchangeEnding {
    private static final int OK = 200;
    private static final int SWITCHING_PROTOCOLS = 101;

    private final ExchangeContext exchange;

    ExchangeEnding(ExchangeContext exchange) {
        this.exchange = exchange;
    }

    /** Answers with a JSON document of the relay's own. */
    void answer(byte[] json) {
        if (exchange.life.state().isTerminal()) {
            return; // the downstream left in the meantime
        }
        exchange.view.answer(OK);
        Refusal.writeJson(exchange.source.response(), exchange.id, json);
        finish(ExchangeEnd.COMPLETED, null);
    }

    /** Ends an exchange that its downstream side has answered. */
    void answeredDownstream() {
        exchange.view.answer(OK);
        releasePermits();
        exchange.source.response().end();
        finish(ExchangeEnd.COMPLETED, null);
    }

    /** Accepts an upgrade: the connection goes on, the exchange is over. */
    void upgrade(HttpHeaders headers, ChannelHandler next) {
        exchange.view.answer(SWITCHING_PROTOCOLS);
        exchange.source.switchTo(headers, next);
        finish(ExchangeEnd.COMPLETED, null);
    }

    /** Answers with an error of the relay's own; only before the commit. */
    void refuse(RelayException refusal) {
        if (exchange.life.state().isTerminal()) {
            return;
        }
        exchange.view.answer(refusal.code().status());
        stopRequest();
        releasePermits();
        exchange.source.refuse(exchange.id, refusal);
        finish(ExchangeEnd.REFUSED, refusal.code().code());
    }

    /** Cancels all attempts and stops the request in its current state. */
    void stopRequest() {
        if (exchange.cancelUpgrade != null) {
            exchange.cancelUpgrade.run();
        }
        if (exchange.requestPath != null) {
            exchange.requestPath.attempts().cancel();
            exchange.requestPath.stop();
        }
    }

    /** Prepares for the end of the response, which is about to be written. */
    void prepare() {
        exchange.requestPath.stop();
        releasePermits();
    }

    /** Releases the caller's permits before the response ends, because the caller's next request may follow at once. */
    private void releasePermits() {
        if (exchange.admission != null) {
            exchange.admission.release(settlement());
        }
    }

    /** Returns what the request has used so far; null if it was not sent, or uses nothing. */
    private Settlement settlement() {
        boolean isSent = exchange.attempt() != null && exchange.attempt().isSent();
        return isSent && exchange.request.method().equals("POST")
                ? exchange.responsePath.settlement(exchange.view.upstreamModel()) : null;
    }

    /** Ends the exchange: reports it to the observers and releases everything. */
    void finish(ExchangeEnd end, String error) {
        if (exchange.life.state().isTerminal()) {
            return;
        }
        exchange.life.moveTo(end == ExchangeEnd.COMPLETED || end == ExchangeEnd.FAILED
                ? ExchangeState.COMPLETED : ExchangeState.FAILED);
        if (exchange.requestPath != null) {
            exchange.requestPath.attempts().cancelHedge();
        }
        boolean isCut = end == ExchangeEnd.DOWNSTREAM_LEFT && exchange.services.relay().life().isRefusing();
        releasePermits(); // before the end is observed, so that observers know the cost
        exchange.close(isCut ? ExchangeEnd.RELAY_STOPPED : end, error);
        exchange.responsePath.release();
        if (exchange.requestPath != null) {
            exchange.requestPath.release();
        }
        exchange.services.relay().life().endExchange();
    }
}
