// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.admission.Admission;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.ExchangeId;
import dev.sluice.engine.http.RequestSource;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.engine.request.Attempt;
import dev.sluice.engine.request.RequestPath;
import dev.sluice.engine.response.ResponsePath;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.websocket.MessageSource;

/**
 * The state and the parts of one exchange, shared by its handlers. A part is null until the exchange needs it. Confined
 * to the exchange's loop.
 */
final class ExchangeContext {
    final String id = ExchangeId.next();
    final ExchangeLife life = new ExchangeLife();
    final ExchangeServices services;
    final DownstreamRequest request;
    final RequestSource source;
    /** The source of a request that came as a message; null for HTTP. */
    final MessageSource message;
    final long startedNanos;
    final ExchangeView view = new ExchangeView(this);
    Principal principal;
    Admission admission;
    RequestPath requestPath;
    /** Ends the search for an upstream of a WebSocket; null for any other request. */
    Runnable cancelUpgrade;
    ResponsePath responsePath;
    private LoopTicker.Entry tick;

    ExchangeContext(ExchangeServices services, DownstreamRequest request, RequestSource source,
            MessageSource message) {
        this.services = services;
        this.request = request;
        this.source = source;
        this.message = message;
        startedNanos = services.ticker().nanoTime();
    }

    /**
     * Starts counting, timing and observing the exchange.
     *
     * @return whether the relay has room for an exchange whose caller is not known yet
     */
    boolean open(Tickable timer) {
        boolean isWithinLimit = services.relay().life().startExchange(services.config().maxUnidentified());
        tick = services.ticker().add(timer);
        services.observers().started(view);
        return isWithinLimit;
    }

    /** Stops timing the exchange and reports its end to the observers. */
    void close(ExchangeEnd end, String error) {
        services.ticker().remove(tick);
        view.end(end, error);
        services.observers().ended(view);
    }

    /** Returns whether the exchange is to be cut because its key was removed. */
    boolean isRevoked() {
        return services.relay().isRevoked(principal);
    }

    /** Returns the nanoseconds that the exchange waited for permits. */
    long queuedNanos() {
        return admission == null ? 0 : admission.queuedNanos();
    }

    /** Returns the cost in millionths of a dollar; 0 if it is not known. */
    long microDollars() {
        return admission == null ? 0 : admission.microDollars();
    }

    /** Returns the lead, the attempt that counts, or null before there is one. */
    Attempt attempt() {
        return requestPath == null ? null : requestPath.attempts().lead();
    }
}
