// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.engine.auth.ApiKeyAuthenticator;
import dev.sluice.engine.affinity.AffinityTable;
import dev.sluice.engine.config.AffinityConfig;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.Http2UpstreamConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.downstream.DownstreamSettings;
import dev.sluice.engine.downstream.ExchangeStarter;
import dev.sluice.engine.downstream.ProtocolChoice;
import dev.sluice.engine.limit.FairGate;
import dev.sluice.engine.limit.KeyQuota;
import dev.sluice.engine.loop.Buffers;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.observe.Metrics;
import dev.sluice.engine.plan.Faces;
import dev.sluice.engine.plan.ModelList;
import dev.sluice.engine.plan.Router;
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
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/** What all event loops of one relay share. Thread-safe. */
public final class RelayCore {
    private static final JsonFactory JSON = new JsonFactory();

    private final RelayConfig config;
    private final Router router;
    private final Faces faces;
    private final ModelList models;
    private final Map<String, Cluster> clusters = new HashMap<>();
    private final ApiKeyAuthenticator keys;
    private final Authenticator authenticator;
    private final Accountant accountant;
    private final AffinityStore affinity;
    private final boolean isAffinityNeeded;
    private final RequestQuota quota;
    private final FairGate gate;
    private final LongSupplier clock;
    private final ByteBufAllocator allocator;
    private final MemoryBudget bodies;
    private final DownstreamSettings downstream;
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
        this.config = config;
        this.allocator = allocator;
        router = new Router(config.routes(), config.clusters(), config.allProfiles(), config.defaultCluster());
        faces = new Faces(config.allProfiles().values(), config.relayedPaths());
        models = new ModelList(router, Instant.now().getEpochSecond());
        for (ClusterConfig cluster : config.clusters()) {
            clusters.put(cluster.name(), new Cluster(cluster, config.limits().maxQueued()));
        }
        keys = extensions.authenticator() != null ? null
                : new ApiKeyAuthenticator(config.keys(), config.keyFile(), Clock.systemUTC());
        authenticator = keys == null ? extensions.authenticator() : keys;
        accountant = new Accountant(extensions.usageSink());
        clock = extensions.nanoClock() != null ? extensions.nanoClock() : System::nanoTime;
        affinity = extensions.affinityStore() != null ? extensions.affinityStore()
                : new AffinityTable(config.affinity().maxEntries(), clock);
        quota = extensions.requestQuota() != null ? extensions.requestQuota() : new KeyQuota(clock);
        gate = new FairGate(config.limits().maxExchanges(), config.limits().maxQueued());
        isAffinityNeeded = clusters.size() > 1 || clusters.values().stream().anyMatch(Cluster::hasOthers);
        bodies = new MemoryBudget((long) (Buffers.maxDirectBytes() * config.limits().heldMemoryShare()));
        downstream = new DownstreamSettings(config.limits(), config.timeouts(), config.http2Downstream(), bodies,
                this::starterOf);
        metrics = new Metrics(inFlight::get, this::queued, bodies::usedBytes, () -> Buffers.directBytes(allocator));
    }

    private int queued() {
        return gate.queued() + clusters.values().stream().mapToInt(Cluster::queued).sum();
    }

    /** Returns the handler for one more downstream connection, to be the last of its pipeline. */
    public ChannelHandler newDownstreamHandler() {
        return new ProtocolChoice(downstream);
    }

    private ExchangeStarter starterOf(EventLoop loop) {
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
        for (LoopContext loop : loops.values()) {
            loop.eventLoop().execute(loop::close);
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

    boolean tryStartExchange() {
        return inFlight.incrementAndGet() <= (long) limits().maxExchanges() + limits().maxQueued();
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

    LimitConfig limits() {
        return config.limits();
    }

    TimeoutConfig timeouts() {
        return config.timeouts();
    }

    Http2UpstreamConfig http2() {
        return config.http2Upstream();
    }

    /** Follows the files that may change while it runs, of keys and certificates; not on a loop that relays. */
    public void refreshFiles() {
        if (keys != null) {
            keys.refresh();
        }
        clusters.values().forEach(Cluster::refreshFiles);
    }

    /** Returns how each endpoint is, in JSON. */
    public String describeEndpoints() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartArray();
            for (ClusterConfig cluster : config.clusters()) {
                clusters.get(cluster.name()).describe(clock.getAsLong(), (name, endpoint, state, inFlight) ->
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

    Faces faces() {
        return faces;
    }

    Router router() {
        return router;
    }

    ModelList models() {
        return models;
    }

    Cluster cluster(String name) {
        return clusters.get(name);
    }

    Authenticator authenticator() {
        return authenticator;
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

    AffinityConfig affinityConfig() {
        return config.affinity();
    }

    /** Returns whether there is more than one endpoint that a request could belong to. */
    boolean isAffinityNeeded() {
        return isAffinityNeeded;
    }

    ByteBufAllocator allocator() {
        return allocator;
    }

    MemoryBudget bodies() {
        return bodies;
    }
}
