// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.authenticator;

import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.ObservedAttempt;
import dev.sluice.engine.spi.ObservedExchange;
import java.util.function.Consumer;

/** An observer that names the caller to the upstream and writes one line for each exchange. */
public final class CallerObserver implements ExchangeObserver {
    private final Consumer<String> lines;

    /**
     * Creates an observer.
     *
     * @param lines receives the lines, on event loops; must not block
     */
    public CallerObserver(Consumer<String> lines) {
        this.lines = lines;
    }

    @Override
    public void onAttemptBegan(ObservedExchange exchange, ObservedAttempt attempt) {
        attempt.setHeader("x-caller", exchange.principal());
    }

    @Override
    public void onEnded(ObservedExchange exchange) {
        lines.accept(exchange.principal() + ": " + exchange.model() + ' ' + exchange.status() + ' '
                + exchange.end().label() + ", " + exchange.events() + " events");
    }
}
