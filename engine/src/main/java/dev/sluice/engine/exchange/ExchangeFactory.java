// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.ExchangeStarter;
import dev.sluice.engine.http.RequestListener;
import dev.sluice.engine.http.RequestSource;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.observe.Counter;
import dev.sluice.engine.spi.ObservedSession;
import dev.sluice.engine.websocket.MessageSource;
import dev.sluice.engine.websocket.MessageStarter;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.framing.BodyPiece;
import java.util.function.Supplier;

/** The factory of the exchanges of one event loop. Confined to the loop. */
final class ExchangeFactory implements ExchangeStarter, MessageStarter {
    private final RelayServices relay;
    private final Supplier<ActiveConfig> config;
    private final RelayLoop loop;
    private final BodyPiece requestPiece = new BodyPiece();
    private ExchangeServices services;

    /**
     * @param config returns the active configuration
     */
    ExchangeFactory(RelayServices relay, Supplier<ActiveConfig> config, RelayLoop loop) {
        this.relay = relay;
        this.config = config;
        this.loop = loop;
    }

    @Override
    public RequestListener newExchange(DownstreamRequest request, RequestSource source) {
        return new Exchange(services(), request, source, null);
    }

    @Override
    public RequestListener newExchange(DownstreamRequest request, MessageSource source) {
        return new Exchange(services(), request, source, source);
    }

    /** Returns the services under the active configuration. */
    private ExchangeServices services() {
        ActiveConfig active = config.get();
        if (services == null || services.config() != active) {
            services = loop.newServices(relay, active, this);
        }
        return services;
    }

    @Override
    public void onSessionEnded(ObservedSession session) {
        services().observers().sessionEnded(session);
        relay.life().endSession(session.principal());
    }

    @Override
    public void onHeadRefused(RelayException refusal) {
        loop.recorder().add(Counter.HEADS_REFUSED, 1);
    }

    @Override
    public void onTailBegun() {
        relay.life().beginTail();
    }

    @Override
    public void onTailEnded() {
        relay.life().endTail();
    }

    @Override
    public boolean isDraining() {
        return relay.life().isDraining();
    }

    @Override
    public LoopTicker ticker() {
        return loop.ticker();
    }

    @Override
    public BodyPiece requestPiece() {
        return requestPiece;
    }

    RelayLoop loop() {
        return loop;
    }
}
