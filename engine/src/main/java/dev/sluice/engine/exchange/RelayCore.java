// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.admin.AdminSources;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.downstream.DownstreamSettings;
import dev.sluice.engine.downstream.ProtocolChoice;
import dev.sluice.engine.loop.Buffers;
import dev.sluice.engine.observe.AccessLog;
import dev.sluice.engine.observe.LimitFamilies;
import dev.sluice.engine.observe.Metrics;
import dev.sluice.engine.observe.RecentExchanges;
import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.spi.Extensions;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/** The core of a relay: the state that its event loops share. Thread-safe. */
public final class RelayCore {
    private final Authenticator authenticator;
    private final AdminSources sources;
    private final long createdAt = Instant.now().getEpochSecond();
    private final LongSupplier clock;
    private final RelayServices services;
    private final AccessLog accessLog;
    private final Metrics metrics;
    private final RelayLoops loops;
    private volatile ActiveConfig config;
    private volatile DownstreamSettings downstream;

    /**
     * Prepares a relay.
     *
     * @param connections returns the number of connections of downstreams
     *
     * @throws IllegalArgumentException if a cluster's TLS cannot be set up
     */
    public RelayCore(RelayConfig config, Extensions extensions, ByteBufAllocator allocator,
            LongSupplier connections) {
        authenticator = extensions.authenticator();
        clock = extensions.nanoClock() != null ? extensions.nanoClock() : System::nanoTime;
        services = RelayServices.of(config, extensions, clock);
        accessLog = new AccessLog(extensions.accessLogOutput());
        accessLog.check(config.accessLog());
        this.config = new ActiveConfig(config, authenticator, createdAt, null);
        LimitFamilies limits = new LimitFamilies(services.ledger());
        metrics = new Metrics(new Metrics.Gauges(services.life()::inFlight, services.life()::sessions,
                connections, this::queued, services.bodies()::usedBytes, () -> Buffers.directBytes(allocator),
                accessLog::droppedLines, () -> this.config.statuses(clock.getAsLong()),
                () -> limits.of(this.config.config(), this.config.shownKeys()), () -> this.config.hasKeyMetrics()));
        RecentExchanges recent = new RecentExchanges();
        loops = new RelayLoops(services, () -> this.config, clock, extensions, allocator, metrics,
                ExchangeObservers.of(accessLog, recent, extensions));
        sources = new AdminSources(metrics, extensions.metricsFormat(), recent, services.ledger(), accessLog,
                this::isReady, extensions.readinessNotes(), () -> this.config.config(), () -> this.config.clusters(),
                () -> this.config.keys(), clock);
        downstream = downstreamOf(config);
        services.serve(this.config);
    }

    private DownstreamSettings downstreamOf(RelayConfig relayConfig) {
        return new DownstreamSettings(relayConfig.limits(), relayConfig.timeouts(), relayConfig.http2Downstream(),
                services.bodies(), loops::factoryOf);
    }

    /**
     * Prepares a step to another configuration, except for addresses and the transport.
     *
     * @throws IllegalArgumentException if the configuration cannot be used
     */
    public Step prepare(RelayConfig next) {
        accessLog.check(next.accessLog());
        ActiveConfig active = new ActiveConfig(next, authenticator, createdAt, config);
        return () -> use(active);
    }

    /** A prepared step to another configuration, which can be taken at any time. */
    public interface Step {
        /**
         * Takes the step.
         *
         * @throws IllegalArgumentException if the file of the access log cannot be written, and then nothing changes
         */
        void use();
    }

    /** Activates another configuration for the exchanges that begin from now on. */
    private void use(ActiveConfig next) {
        RelayConfig nextConfig = next.config();
        RelayConfig before = config.config();
        if (!nextConfig.accessLog().equals(before.accessLog())) { // otherwise a change at run time stays
            accessLog.use(nextConfig.accessLog()); // first, because it alone can fail
        }
        services.use(nextConfig);
        next.activate();
        services.serve(next);
        downstream = downstreamOf(nextConfig);
        config = next;
        next.refreshKeys(); // they may have changed since they were read
        loops.onEach(loop -> loop.use(next));
    }

    private int queued() {
        return services.gate().queued() + config.queued();
    }

    /** Returns the handler for a new downstream connection, to be added last to its pipeline. */
    public ChannelHandler newDownstreamHandler() {
        return new ProtocolChoice(downstream);
    }

    /** Begins to write the access log where the configuration says. */
    public void openLog() {
        accessLog.use(config.config().accessLog());
    }

    /** Prepares a loop that is going to relay: opens its warm connections. */
    public void openLoop(EventLoop loop) {
        loops.open(loop);
    }

    /** Starts the health checks of endpoints, on a loop that relays nothing. */
    public void startChecks(EventLoop loop) {
        loops.startChecks(loop);
    }

    /**
     * Begins to drain: responses announce that their connection closes.
     *
     * @return a future that completes when no exchange is in flight any more
     */
    public CompletableFuture<Void> drain() {
        return services.life().drain();
    }

    /** Refuses all exchanges that begin from now on. */
    public void refuseAll() {
        services.life().refuseAll();
    }

    /** Closes the pools of all loops. */
    public void close() {
        services.close();
        loops.onEach(RelayLoop::close);
    }

    /**
     * Writes the queued lines of the access log, for a bounded time, and closes it. Called after the loops have ended.
     */
    public void closeLog() {
        accessLog.close();
    }

    /** Returns whether new exchanges are accepted. */
    public boolean isReady() {
        return !services.life().isDraining();
    }

    /** Returns the number of idle upstream connections in the pools of all loops; asks each loop. */
    public int idleUpstreamConnections() {
        return loops.idleUpstreamConnections();
    }

    /** Returns the metrics. */
    public Metrics metrics() {
        return metrics;
    }

    /** Reads key and certificate files again if they have changed; not to be called on a loop that relays. */
    public void refreshFiles() {
        config.refreshFiles();
    }

    /** Returns what an admin listener shows and changes. */
    public AdminSources adminSources() {
        return sources;
    }
}
