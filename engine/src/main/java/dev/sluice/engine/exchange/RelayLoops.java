// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.observe.Metrics;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.LoopTimer;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The event loops of one relay, each with its factory of exchanges. Thread-safe. */
final class RelayLoops {
    private final RelayServices services;
    private final Supplier<ActiveConfig> config;
    private final LongSupplier clock;
    private final LoopTimer timer;
    private final ByteBufAllocator allocator;
    private final Metrics metrics;
    private final List<ExchangeObserver> observers;
    private final Map<EventLoop, ExchangeFactory> loops = new ConcurrentHashMap<>();

    /**
     * @param config    returns the active configuration
     * @param observers the observers of all exchanges; the metrics of each loop are added
     */
    RelayLoops(RelayServices services, Supplier<ActiveConfig> config, LongSupplier clock, Extensions extensions,
            ByteBufAllocator allocator, Metrics metrics, List<ExchangeObserver> observers) {
        this.services = services;
        this.config = config;
        this.clock = clock;
        timer = extensions.loopTimer() != null ? extensions.loopTimer() : LoopTicker::startTimer;
        this.allocator = allocator;
        this.metrics = metrics;
        this.observers = observers;
    }

    ExchangeFactory factoryOf(EventLoop loop) {
        return loops.computeIfAbsent(loop, l -> new ExchangeFactory(services, config, new RelayLoop(l,
                new LoopTicker(l, clock, timer), clock, config.get(), allocator, metrics.newRecorder(), observers)));
    }

    /** Opens the warm connections of a loop that is going to relay, which must be ready before the first request. */
    void open(EventLoop loop) {
        RelayLoop opened = factoryOf(loop).loop();
        loop.execute(() -> {
            opened.recorder().use(Thread.currentThread());
            opened.keepWarm(config.get());
        });
    }

    /** Starts the health checks of endpoints, on a loop that relays nothing. */
    void startChecks(EventLoop loop) {
        RelayLoop checking = factoryOf(loop).loop();
        loop.execute(() -> checking.startChecks(config.get()));
    }

    /** Runs an action on each loop. An embedder's loops may end before the relay does. */
    void onEach(Consumer<RelayLoop> action) {
        for (ExchangeFactory factory : List.copyOf(loops.values())) {
            RelayLoop loop = factory.loop();
            try {
                loop.eventLoop().execute(() -> action.accept(loop));
            } catch (RejectedExecutionException gone) {
                loops.remove(loop.eventLoop());
            }
        }
    }

    /** Returns the number of idle upstream connections in the pools of all loops; asks each loop. */
    int idleUpstreamConnections() {
        return loops.values().stream().map(ExchangeFactory::loop).mapToInt(loop -> loop.eventLoop()
                .submit(loop::idleUpstreamConnections).syncUninterruptibly().getNow()).sum();
    }
}
