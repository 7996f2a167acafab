// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.engine.admission.FairGate;
import dev.sluice.engine.admission.KeyQuota;
import dev.sluice.engine.affinity.AffinityTable;
import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.downstream.DownstreamSettings;
import dev.sluice.engine.downstream.ProtocolChoice;
import dev.sluice.engine.loop.Buffers;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.observe.AccessLog;
import dev.sluice.engine.observe.AccessLogObserver;
import dev.sluice.engine.observe.Metrics;
import dev.sluice.engine.observe.UsageObserver;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.LoopTimer;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Everything that the event loops of one relay share. Thread-safe. */
public final class RelayCore {
    private static final JsonFactory JSON = new JsonFactory();

    private final Extensions extensions;
    private final long createdAt = Instant.now().getEpochSecond();
    private final RelayLife life = new RelayLife();
    private final LongSupplier clock;
    private final LoopTimer timer;
    private final ByteBufAllocator allocator;
    private final RelayServices services;
    private final AccessLog accessLog = new AccessLog();
    private final List<ExchangeObserver> observers = new ArrayList<>();
    private final Metrics metrics;
    private final Map<EventLoop, ExchangeFactory> loops = new ConcurrentHashMap<>();
    private volatile ActiveConfig config;
    private volatile DownstreamSettings downstream;

    /**
     * Prepares a relay.
     *
     * @throws IllegalArgumentException where a cluster's TLS cannot be set up
     */
    public RelayCore(RelayConfig config, Extensions extensions, ByteBufAllocator allocator) {
        this.extensions = extensions;
        this.allocator = allocator;
        this.config = new ActiveConfig(config, extensions.authenticator(), createdAt, null);
        clock = extensions.nanoClock() != null ? extensions.nanoClock() : System::nanoTime;
        timer = extensions.loopTimer() != null ? extensions.loopTimer() : LoopTicker::startTimer;
        MemoryBudget bodies = new MemoryBudget(heldBytes(config));
        services = new RelayServices(life,
                extensions.requestQuota() != null ? extensions.requestQuota() : new KeyQuota(clock),
                new FairGate(config.limits().maxExchanges(), config.limits().maxQueued()),
                extensions.affinityStore() != null ? extensions.affinityStore()
                        : new AffinityTable(config.affinity().maxEntries(), clock), bodies);
        observers.add(new AccessLogObserver(accessLog));
        if (extensions.usageSink() != null) {
            observers.add(new UsageObserver(extensions.usageSink()));
        }
        observers.addAll(extensions.observers());
        downstream = downstreamOf(config);
        metrics = new Metrics(new Metrics.Gauges(life::inFlight, this::queued, bodies::usedBytes,
                () -> Buffers.directBytes(allocator), accessLog::droppedLines));
    }

    private static long heldBytes(RelayConfig config) {
        return (long) (Buffers.maxDirectBytes() * config.limits().heldMemoryShare());
    }

    private DownstreamSettings downstreamOf(RelayConfig relayConfig) {
        return new DownstreamSettings(relayConfig.limits(), relayConfig.timeouts(), relayConfig.http2Downstream(),
                services.bodies(), this::factoryOf);
    }

    /**
     * Prepares the step to another configuration, as far as it does not concern addresses or the transport.
     *
     * @throws IllegalArgumentException where it cannot be used
     */
    public Step prepare(RelayConfig next) {
        ActiveConfig active = new ActiveConfig(next, extensions.authenticator(), createdAt, config);
        return () -> use(active);
    }

    /** A step to another configuration that can be made at any time. */
    public interface Step {
        /** Makes the step. */
        void use();
    }

    /** Activates another configuration for the exchanges that begin from now on. */
    private void use(ActiveConfig next) {
        RelayConfig nextConfig = next.config();
        services.gate().setLimits(nextConfig.limits().maxExchanges(), nextConfig.limits().maxQueued());
        services.bodies().setLimit(heldBytes(nextConfig));
        if (services.affinity() instanceof AffinityTable table) {
            table.setMaxEntries(nextConfig.affinity().maxEntries());
        }
        next.clusters().forEach(cluster -> cluster.takeOver(nextConfig.limits().maxQueued()));
        downstream = downstreamOf(nextConfig);
        config = next;
        onEachLoop(loop -> loop.use(next));
    }

    private int queued() {
        return services.gate().queued() + config.clusters().stream().mapToInt(Cluster::queued).sum();
    }

    /** Returns the handler for one more downstream connection, to be the last of its pipeline. */
    public ChannelHandler newDownstreamHandler() {
        return new ProtocolChoice(downstream);
    }

    /** Prepares a loop that is going to relay: the connections that must be ready are opened. */
    public void openLoop(EventLoop loop) {
        ExchangeFactory factory = factoryOf(loop);
        loop.execute(factory::keepWarm);
    }

    /** Starts the health checks of endpoints, on a loop that relays nothing. */
    public void startChecks(EventLoop loop) {
        ExchangeFactory factory = factoryOf(loop);
        loop.execute(factory::startChecks);
    }

    private ExchangeFactory factoryOf(EventLoop loop) {
        return loops.computeIfAbsent(loop, l -> new ExchangeFactory(services, () -> config, l, clock, timer, allocator,
                metrics.newRecorder(), observers));
    }

    /**
     * Begins to drain: responses announce that their connection closes.
     *
     * @return completes when no exchange is in flight any more
     */
    public CompletableFuture<Void> drain() {
        return life.drain();
    }

    /** Refuses everything that arrives from now on. */
    public void refuseAll() {
        life.refuseAll();
    }

    /** Closes the pools of all loops, and the access log once its queued lines are written. */
    public void close() {
        onEachLoop(ExchangeFactory::close);
        accessLog.close();
    }

    /** Runs an action on each loop; loops of an embedder may be gone before the relay is. */
    private void onEachLoop(Consumer<ExchangeFactory> action) {
        for (ExchangeFactory factory : List.copyOf(loops.values())) {
            try {
                factory.eventLoop().execute(() -> action.accept(factory));
            } catch (RejectedExecutionException gone) {
                loops.remove(factory.eventLoop());
            }
        }
    }

    /** Returns whether new exchanges are welcome. */
    public boolean isReady() {
        return !life.isDraining();
    }

    /** Returns how many upstream connections are idle in the pools of all loops; asks each loop. */
    public int idleUpstreamConnections() {
        return loops.values().stream().mapToInt(factory -> factory.eventLoop()
                .submit(factory::idleUpstreamConnections).syncUninterruptibly().getNow()).sum();
    }

    /** Returns the metrics. */
    public Metrics metrics() {
        return metrics;
    }

    /** Reads keys and certificates again whose files have changed; not to be called on a loop that relays. */
    public void refreshFiles() {
        config.refreshFiles();
    }

    /** Returns the state of each endpoint, as a JSON array. */
    public String describeEndpoints() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartArray();
            for (Cluster cluster : config.clusters()) {
                cluster.describe(clock.getAsLong(), (name, endpoint, state, inFlight) ->
                        writeEndpoint(json, name, endpoint, state, inFlight));
            }
            json.writeEndArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // cannot happen: the target is memory
        }
        return text.append('\n').toString();
    }

    private static void writeEndpoint(JsonGenerator json, String cluster, String endpoint, String state,
            int inFlight) {
        try {
            json.writeStartObject();
            json.writeStringField("cluster", cluster);
            json.writeStringField("endpoint", endpoint);
            json.writeStringField("state", state);
            json.writeNumberField("in_flight", inFlight);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // as above
        }
    }
}
