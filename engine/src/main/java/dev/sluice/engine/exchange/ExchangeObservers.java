// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.observe.AccessLog;
import dev.sluice.engine.observe.RecentExchanges;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.ObservedAttempt;
import dev.sluice.engine.spi.ObservedExchange;
import dev.sluice.engine.spi.ObservedSession;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The observers of exchanges, called in turn. An exception from an observer is logged and has no other effect. */
final class ExchangeObservers {
    private static final Logger LOG = LoggerFactory.getLogger(ExchangeObservers.class);

    private final ExchangeObserver[] observers;

    ExchangeObservers(List<ExchangeObserver> observers) {
        this.observers = observers.toArray(ExchangeObserver[]::new);
    }

    /** Returns the observers that all loops of a relay share. */
    static List<ExchangeObserver> of(AccessLog accessLog, RecentExchanges recent, Extensions extensions) {
        List<ExchangeObserver> observers = new ArrayList<>();
        if (extensions.isAccessLogged()) {
            observers.add(accessLog.observer());
        }
        observers.add(recent);
        observers.addAll(extensions.observers());
        return observers;
    }

    void started(ObservedExchange exchange) {
        each(exchange, observer -> observer.onStarted(exchange));
    }

    void planned(ObservedExchange exchange) {
        each(exchange, observer -> observer.onPlanned(exchange));
    }

    void attemptBegan(ObservedExchange exchange, ObservedAttempt attempt) {
        each(exchange, observer -> observer.onAttemptBegan(exchange, attempt));
    }

    void attemptEnded(ObservedExchange exchange, ObservedAttempt attempt) {
        each(exchange, observer -> observer.onAttemptEnded(exchange, attempt));
    }

    void committed(ObservedExchange exchange) {
        each(exchange, observer -> observer.onCommitted(exchange));
    }

    void ended(ObservedExchange exchange) {
        each(exchange, observer -> observer.onEnded(exchange));
    }

    void sessionEnded(ObservedSession session) {
        each(session.id(), observer -> observer.onSessionEnded(session));
    }

    private void each(ObservedExchange exchange, Consumer<ExchangeObserver> call) {
        each(exchange.id(), call);
    }

    private void each(String id, Consumer<ExchangeObserver> call) {
        for (ExchangeObserver observer : observers) {
            try {
                call.accept(observer);
            } catch (RuntimeException e) {
                LOG.error("exchange {}: the observer {} failed", id, observer.getClass().getName(), e);
            }
        }
    }
}
