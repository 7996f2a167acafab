// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.observe.LoopRecorder;
import dev.sluice.engine.request.RequestServices;
import dev.sluice.engine.request.ScannerCache;
import dev.sluice.engine.response.BodyObserver;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.upstream.HealthChecks;
import dev.sluice.engine.upstream.UpstreamPools;
import dev.sluice.engine.websocket.MessageStarter;
import dev.sluice.engine.websocket.WebSocketHandler;
import dev.sluice.protocol.event.ScannerPool;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** The state of one event loop: its deadlines, upstream connections, scanners and recorders. Confined to the loop. */
final class RelayLoop {
    /** The step in which bodies are copied into the processor's cache and scanned. */
    private static final int SCRATCH_BYTES = 16 * 1024;

    private final EventLoop eventLoop;
    private final LoopTicker ticker;
    private final UpstreamPools pools;
    private final LoopRecorder recorder;
    private final ScannerCache scanners;
    private final byte[] scratch;
    private final BodyObserver.Tools tools;
    private final ExchangeObservers observers;
    private HealthChecks checks;

    /**
     * @param observers the observers of all exchanges; the loop's metrics are added
     */
    RelayLoop(EventLoop eventLoop, LoopTicker ticker, LongSupplier clock, ActiveConfig config,
            ByteBufAllocator allocator, LoopRecorder recorder, List<ExchangeObserver> observers) {
        this.eventLoop = eventLoop;
        this.ticker = ticker;
        this.recorder = recorder;
        pools = new UpstreamPools(eventLoop, ticker, config.timeouts(), config.config().http2Upstream(), allocator,
                recorder);
        scratch = new byte[SCRATCH_BYTES];
        scanners = new ScannerCache(scratch);
        tools = new BodyObserver.Tools(recorder, clock, scratch, new ScannerPool());
        List<ExchangeObserver> all = new ArrayList<>(observers);
        all.add(0, recorder.observer());
        this.observers = new ExchangeObservers(all);
    }

    /** Returns the services of exchanges on this loop under a configuration. */
    ExchangeServices newServices(RelayServices relay, ActiveConfig config, MessageStarter messages) {
        return new ExchangeServices(relay, config, new RequestServices(config.router(), config::cluster,
                config.limits(), config.isAffinityNeeded() ? relay.affinity() : null, config.config().via(),
                config.affinity(),
                config.isShared(), relay.bodies(), scanners, pools::acquire, pools::acquireSocket,
                (endpoint, notBefore, attempt) -> pools.dial(endpoint, attempt), ticker, eventLoop), tools, observers,
                (handshake, id, principal, dialed) -> new WebSocketHandler(id, principal, messages, handshake,
                        config.limits(), config.timeouts(), relay.bodies(), scratch, dialed));
    }

    EventLoop eventLoop() {
        return eventLoop;
    }

    LoopTicker ticker() {
        return ticker;
    }

    LoopRecorder recorder() {
        return recorder;
    }

    /** Applies a new configuration. */
    void use(ActiveConfig next) {
        scanners.clear();
        pools.use(next.timeouts(), next.config().http2Upstream(), next.endpoints());
        if (checks != null) {
            checks.use(next.endpoints());
        }
    }

    /** Opens the warm connections, which must be ready before the first request. */
    void keepWarm(ActiveConfig config) {
        pools.keepWarm(config.endpoints());
    }

    /** Runs the health checks of all endpoints on this loop, on behalf of all loops. */
    void startChecks(ActiveConfig config) {
        checks = new HealthChecks(ticker, pools);
        checks.use(config.endpoints());
    }

    int idleUpstreamConnections() {
        return pools.idleCount();
    }

    void close() {
        pools.close();
    }
}
