// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.ExchangeStarter;
import dev.sluice.engine.http.RequestListener;
import dev.sluice.engine.http.RequestSource;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.observe.Counter;
import dev.sluice.engine.observe.LoopRecorder;
import dev.sluice.engine.observe.MetricsObserver;
import dev.sluice.engine.response.BodyObserver;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.LoopTimer;
import dev.sluice.engine.upstream.HealthChecks;
import dev.sluice.engine.upstream.UpstreamPools;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.ScannerPool;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The factory of the exchanges of one event loop, with everything that they share. Confined to the loop. */
final class ExchangeFactory implements ExchangeStarter {
    /** The step in which bodies are copied into the processor's cache and scanned. */
    private static final int SCRATCH_BYTES = 16 * 1024;

    private final RelayServices relay;
    private final Supplier<ActiveConfig> config;
    private final EventLoop loop;
    private final LoopTicker ticker;
    private final UpstreamPools pools;
    private final LoopRecorder recorder;
    private final ScannerCache scanners;
    private final LoopServices services;
    private final BodyPiece requestPiece = new BodyPiece();
    private HealthChecks checks;

    /**
     * @param config    returns the configuration that is active
     * @param observers of all exchanges, beside the loop's metrics
     */
    ExchangeFactory(RelayServices relay, Supplier<ActiveConfig> config, EventLoop loop, LongSupplier clock,
            LoopTimer timer, ByteBufAllocator allocator, LoopRecorder recorder, List<ExchangeObserver> observers) {
        this.relay = relay;
        this.config = config;
        this.loop = loop;
        this.recorder = recorder;
        ActiveConfig active = config.get();
        ticker = new LoopTicker(loop, clock, timer);
        pools = new UpstreamPools(loop, ticker, active.timeouts(), active.config().http2Upstream(), allocator);
        byte[] scratch = new byte[SCRATCH_BYTES];
        scanners = new ScannerCache(scratch);
        List<ExchangeObserver> all = new ArrayList<>(observers);
        all.add(0, new MetricsObserver(recorder));
        services = new LoopServices(loop, ticker, pools::acquire, scanners,
                new BodyObserver.Tools(recorder, clock, scratch, new ScannerPool()), new ExchangeObservers(all));
    }

    @Override
    public RequestListener newExchange(DownstreamRequest request, RequestSource source) {
        return new Exchange(relay, config.get(), services, request, source);
    }

    @Override
    public void onHeadRefused(RelayException refusal) {
        recorder.add(Counter.HEADS_REFUSED, 1);
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
        return ticker;
    }

    @Override
    public BodyPiece requestPiece() {
        return requestPiece;
    }

    /** Follows a change of the configuration. */
    void use(ActiveConfig next) {
        scanners.clear();
        pools.use(next.timeouts(), next.config().http2Upstream(), next.endpoints());
        if (checks != null) {
            checks.use(next.endpoints());
        }
    }

    /** Opens the connections that must be ready before the first request. */
    void keepWarm() {
        pools.keepWarm(config.get().endpoints());
    }

    /** Runs the health checks of all endpoints, from this loop on behalf of all. */
    void startChecks() {
        checks = new HealthChecks(ticker, pools);
        checks.use(config.get().endpoints());
    }

    EventLoop eventLoop() {
        return loop;
    }

    int idleUpstreamConnections() {
        return pools.idleCount();
    }

    void close() {
        pools.close();
    }
}
