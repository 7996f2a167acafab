// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.engine.affinity.AffinityTable;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.downstream.DownstreamSettings;
import dev.sluice.engine.downstream.ExchangeStarter;
import dev.sluice.engine.downstream.ProtocolChoice;
import dev.sluice.engine.limit.FairGate;
import dev.sluice.engine.limit.KeyQuota;
import dev.sluice.engine.loop.Buffers;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.observe.Metrics;
import dev.sluice.engine.spi.AffinityStore;
import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.RequestQuota;
import dev.sluice.engine.upstream.Cluster;
import dev.sluice.engine.usage.Accountant;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** What all event loops of one relay share. Thread-safe. */
public final class RelayCore {
    private static final JsonFactory JSON = new JsonFactory();

    private final Authenticator authenticator;
    private final long createdAt = Instant.now().getEpochSecond();
    private volatile Setup setup;
    private final Accountant accountant;
    private final AffinityStore affinity;
    private final RequestQuota quota;
    private final FairGate gate;
    private final LongSupplier clock;
    private final ByteBufAllocator allocator;
    private final MemoryBudget bodies;
    private volatile DownstreamSettings downstream;
    private final Metrics metrics;
    private final Map<EventLoop, LoopContext> loops = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    /** Answers whose exchange is over and that have not left. */
    private final AtomicInteger tails = new AtomicInteger();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private volatile boolean isDraining;
    private volatile boolean isRefusing;

    /**
     * Prepares a relay.
     *
     * @throws IllegalArgumentException where a cluster's TLS cannot be set up
     */
    public RelayCore(RelayConfig config, Extensions extensions, ByteBufAllocator allocator) {
        this.allocator = allocator;
        authenticator = extensions.authenticator();
        setup = new Setup(config, authenticator, createdAt, null);
        accountant = new Accountant(extensions.usageSink());
        clock = extensions.nanoClock() != null ? extensions.nanoClock() : System::nanoTime;
        affinity = extensions.affinityStore() != null ? extensions.affinityStore()
                : new AffinityTable(config.affinity().maxEntries(), clock);
        quota = extensions.requestQuota() != null ? extensions.requestQuota() : new KeyQuota(clock);
        gate = new FairGate(config.limits().maxExchanges(), config.limits().maxQueued());
        bodies = new MemoryBudget(heldBytes(config));
        downstream = downstreamOf(config);
        metrics = new Metrics(inFlight::get, this::queued, bodies::usedBytes, () -> Buffers.directBytes(allocator));
    }

    private static long heldBytes(RelayConfig config) {
        return (long) (Buffers.maxDirectBytes() * config.limits().heldMemoryShare());
    }

    private DownstreamSettings downstreamOf(RelayConfig config) {
        return new DownstreamSettings(config.limits(), config.timeouts(), config.http2Downstream(), bodies,
                this::starterOf);
    }

    /**
     * Prepares the step to another configuration, as far as it is not about addresses or the transport.
     *
     * @throws IllegalArgumentException where it cannot be used
     */
    public Step prepare(RelayConfig config) {
        Setup next = new Setup(config, authenticator, createdAt, setup);
        return () -> use(next);
    }

    /** A step to another configuration that can be made at any time. */
    public interface Step {
        /** Makes the step. */
        void use();
    }

    /** Goes over to another configuration: exchanges that begin from now on go by it. */
    private void use(Setup next) {
        RelayConfig config = next.config();
        gate.setLimits(config.limits().maxExchanges(), config.limits().maxQueued());
        bodies.setLimit(heldBytes(config));
        if (affinity instanceof AffinityTable table) {
            table.setMaxEntries(config.affinity().maxEntries());
        }
        next.clusters().forEach(cluster -> cluster.takeOver(config.limits().maxQueued()));
        downstream = downstreamOf(config);
        setup = next;
        onEachLoop(loop -> loop.use(next));
    }

    /** Returns what exchanges that begin now go by. */
    Setup setup() {
        return setup;
    }

    private int queued() {
        return gate.queued() + setup.clusters().stream().mapToInt(Cluster::queued).sum();
    }

    /** Returns the handler for one more downstream connection, to be the last of its pipeline. */
    public ChannelHandler newDownstreamHandler() {
        return new ProtocolChoice(downstream);
    }

    /** Prepares a loop that is going to relay: connections that are to be ready are opened. */
    public void openLoop(EventLoop loop) {
        LoopContext context = contextOf(loop);
        loop.execute(() -> context.keepWarm(setup));
    }

    /** Asks endpoints whether they are well, from a loop that relays nothing. */
    public void startChecks(EventLoop loop) {
        LoopContext context = contextOf(loop);
        loop.execute(() -> context.startChecks(setup));
    }

    private ExchangeStarter starterOf(EventLoop loop) {
        return contextOf(loop);
    }

    private LoopContext contextOf(EventLoop loop) {
        return loops.computeIfAbsent(loop, l -> new LoopContext(this, l));
    }

    /** Stops asking for further requests: responses say that their connection closes. */
    public CompletableFuture<Void> drain() {
        isDraining = true;
        completeIfDrained();
        return drained;
    }

    /** Refuses whatever comes from now on. */
    public void refuseAll() {
        isRefusing = true;
    }

    /** Closes the pools of all loops. */
    public void close() {
        onEachLoop(LoopContext::close);
    }

    /** Loops of somebody else's may be gone before us. */
    private void onEachLoop(Consumer<LoopContext> action) {
        for (LoopContext loop : List.copyOf(loops.values())) {
            try {
                loop.eventLoop().execute(() -> action.accept(loop));
            } catch (RejectedExecutionException gone) {
                loops.remove(loop.eventLoop());
            }
        }
    }

    /** Returns whether new exchanges are welcome. */
    public boolean isReady() {
        return !isDraining;
    }

    /** Returns how many upstream connections are idle in the pools of all loops; asks each loop. */
    public int idleUpstreamConnections() {
        return loops.values().stream().mapToInt(loop -> loop.eventLoop().submit(() -> loop.pools().idleCount())
                .syncUninterruptibly().getNow()).sum();
    }

    boolean isRefusing() {
        return isRefusing;
    }

    /** Counts one in; the gate is what bounds those that run, this bounds those whose caller is not known yet. */
    boolean tryStartExchange() {
        return inFlight.incrementAndGet() <= 2L * setup.limits().maxExchanges() + setup.limits().maxQueued();
    }

    void endExchange() {
        inFlight.decrementAndGet();
        completeIfDrained();
    }

    void beginTail() {
        tails.incrementAndGet();
    }

    void endTail() {
        tails.decrementAndGet();
        completeIfDrained();
    }

    private void completeIfDrained() {
        if (isDraining && inFlight.get() == 0 && tails.get() == 0) {
            drained.complete(null);
        }
    }

    /** Returns the metrics. */
    public Metrics metrics() {
        return metrics;
    }

    /** Follows the files that may change while it runs, of keys and certificates; not on a loop that relays. */
    public void refreshFiles() {
        setup.refreshFiles();
    }

    /** Returns how each endpoint is, in JSON. */
    public String describeEndpoints() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartArray();
            for (Cluster cluster : setup.clusters()) {
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

    Accountant accountant() {
        return accountant;
    }

    LongSupplier clock() {
        return clock;
    }

    RequestQuota quota() {
        return quota;
    }

    FairGate gate() {
        return gate;
    }

    AffinityStore affinity() {
        return affinity;
    }

    ByteBufAllocator allocator() {
        return allocator;
    }

    MemoryBudget bodies() {
        return bodies;
    }
}
