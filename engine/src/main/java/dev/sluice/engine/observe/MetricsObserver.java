// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.ObservedAttempt;
import dev.sluice.engine.spi.ObservedExchange;
import dev.sluice.engine.spi.ObservedSession;
import dev.sluice.protocol.event.Usage;

/** The observer that counts the exchanges of one event loop. Confined to the loop. */
final class MetricsObserver implements ExchangeObserver {
    private final LoopRecorder recorder;

    /**
     * @param recorder the loop's recorder
     */
    MetricsObserver(LoopRecorder recorder) {
        this.recorder = recorder;
    }

    @Override
    public void onStarted(ObservedExchange exchange) {
        recorder.add(Counter.EXCHANGES_STARTED, 1);
    }

    @Override
    public void onAttemptBegan(ObservedExchange exchange, ObservedAttempt attempt) {
        if (attempt.isHedge()) {
            recorder.add(Counter.HEDGES, 1);
        } else if (attempt.number() > 1) {
            recorder.add(Counter.RETRIES, 1);
        }
    }

    @Override
    public void onAttemptEnded(ObservedExchange exchange, ObservedAttempt attempt) {
        recorder.breakdown().onAttemptEnded(exchange, attempt);
    }

    @Override
    public void onSessionEnded(ObservedSession session) {
        recorder.add(Counter.WEBSOCKETS_ENDED, 1);
        recorder.add(Counter.WEBSOCKETS_CLOSED, session.isClosedHere() ? 1 : 0);
        recorder.add(Counter.WEBSOCKET_MESSAGES, session.receivedMessages());
    }

    @Override
    public void onEnded(ObservedExchange exchange) {
        recorder.add(switch (exchange.end()) {
            case COMPLETED -> Counter.EXCHANGES_COMPLETED;
            case FAILED -> Counter.EXCHANGES_FAILED;
            case REFUSED -> Counter.EXCHANGES_REFUSED;
            case UPSTREAM_LOST -> Counter.UPSTREAMS_LOST;
            case DOWNSTREAM_LEFT, DOWNSTREAM_STALLED, RELAY_STOPPED, KEY_REVOKED -> Counter.DOWNSTREAMS_LEFT;
        }, 1);
        recorder.record(Timer.EXCHANGE_TIME, exchange.durationNanos());
        recorder.add(Counter.REQUEST_BYTES, exchange.requestBytes());
        recorder.add(Counter.EVENTS, exchange.events());
        recorder.add(Counter.RESPONSE_BYTES, exchange.responseBytes());
        if (exchange.firstEventNanos() >= 0) {
            recorder.record(Timer.TIME_TO_FIRST_EVENT, exchange.firstEventNanos());
        }
        Usage usage = exchange.usage();
        if (usage != null) {
            recorder.add(Counter.INPUT_TOKENS, usage.inputTokens());
            recorder.add(Counter.OUTPUT_TOKENS, usage.outputTokens());
            recorder.add(Counter.CACHED_TOKENS, usage.cachedTokens());
            recorder.add(Counter.REASONING_TOKENS, usage.reasoningTokens());
        }
        if (exchange.attempts() > 0) {
            recorder.record(Timer.QUEUE_TIME, exchange.queuedNanos());
        }
        recorder.breakdown().onEnded(exchange);
    }
}
