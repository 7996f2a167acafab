// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import dev.sluice.engine.admin.AdminSite;
import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.exchange.RelayCore;
import dev.sluice.engine.loop.Buffers;
import dev.sluice.engine.loop.Transport;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.MetricsSnapshot;
import dev.sluice.engine.websocket.WebSocketHandler;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running relay.
 *
 * <p><b>Threading:</b> all methods may be called from any thread except the relay's event loops.
 */
public final class Relay implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
    /** The water marks of a downstream connection: a stream that is not read keeps about this many bytes in memory. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(16 * 1024, 64 * 1024);
    private static final int MIN_READ_BYTES = 256;
    private static final int FIRST_READ_BYTES = 4096;
    private static final int MAX_READ_BYTES = 64 * 1024;

    private final Extensions extensions;
    private volatile RelayConfig config;
    private final RelayCore core;
    private final Transport transport;
    private final ByteBufAllocator allocator;
    private final EventLoopGroup acceptLoops;
    private final EventLoopGroup ioLoops;
    private final Listeners listeners;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final EventLoopGroup adminLoop;
    private volatile AdminListener admin;
    private volatile boolean isDraining;
    private volatile boolean isClosed;
    private final AtomicBoolean isForeignRefused = new AtomicBoolean();

    private Relay(RelayConfig config, Extensions extensions) {
        this.config = config;
        this.extensions = extensions;
        transport = Transport.choose(config.transport().kind());
        LOG.info("transport: {}", transport);
        int loops = config.transport().loops() > 0 ? config.transport().loops()
                : Runtime.getRuntime().availableProcessors();
        allocator = Buffers.newAllocator(loops);
        core = new RelayCore(config, extensions, allocator, connections::size);
        acceptLoops = transport.newGroup(1, "relay-accept", false);
        adminLoop = transport.newGroup(1, "relay-admin", false);
        ioLoops = transport.newGroup(loops, "relay-io", config.transport().spin());
        listeners = new Listeners(transport, acceptLoops, ioLoops, allocator, connections, core);
    }

    /**
     * Starts a relay that checks the keys of its configuration.
     *
     * @param config the configuration
     * @return the running relay; to be closed
     * @throws IllegalArgumentException if there are no keys and a listener is reachable from another machine, or if a
     *                                  file cannot be used
     * @throws IllegalStateException    if the transport is not available, or Netty is not of version 4.2
     * @throws UncheckedIOException     if an address cannot be bound
     */
    public static Relay launch(RelayConfig config) {
        return launch(config, Extensions.NONE);
    }

    /**
     * Starts a relay with extensions.
     *
     * @param config     the configuration; needs no keys if the extensions have an authenticator
     * @param extensions the parts that replace or extend those of the relay
     * @return the running relay; to be closed
     * @throws IllegalArgumentException if there is neither an authenticator nor a key and a listener is reachable from
     *                                  another machine, or if a file cannot be used
     * @throws IllegalStateException    if the transport is not available, or Netty is not of version 4.2
     * @throws UncheckedIOException     if an address cannot be bound
     */
    public static Relay launch(RelayConfig config, Extensions extensions) {
        checkArguments(config, extensions);
        Relay relay = new Relay(config, extensions);
        try {
            relay.bind();
            return relay;
        } catch (RuntimeException e) {
            relay.close();
            throw e;
        }
    }

    /**
     * Checks that a relay would start. Certificates, authorities and the transport are loaded, but no address is bound
     * and no connection is opened.
     *
     * @param config     the configuration
     * @param extensions the parts that replace or extend those of the relay
     * @throws IllegalArgumentException if there is neither an authenticator nor a key and a listener is reachable from
     *                                  another machine, or if a file cannot be used
     * @throws IllegalStateException    if the transport is not available, or Netty is not of version 4.2
     */
    public static void check(RelayConfig config, Extensions extensions) {
        checkArguments(config, extensions);
        Transport.choose(config.transport().kind());
        for (int i = 0; i < config.listeners().size(); i++) {
            if (config.listeners().get(i).tls() != null) {
                Listeners.newTls(config.listeners().get(i), i, System::nanoTime);
            }
        }
        RelayCore core = new RelayCore(config, extensions, ByteBufAllocator.DEFAULT, () -> 0);
        if (config.admin() != null) {
            new AdminSite(config.admin(), core.adminSources());
        }
    }

    private static void checkArguments(RelayConfig config, Extensions extensions) {
        NettyVersion.check();
        if (extensions == null) {
            throw new IllegalArgumentException("extensions: null (expected: Extensions.NONE or those of a builder)");
        }
        checkConfig(config, extensions);
    }

    private static void checkConfig(RelayConfig config, Extensions extensions) {
        if (config == null) {
            throw new IllegalArgumentException("config: null (expected: the configuration of a relay)");
        }
        if (extensions.authenticator() == null) {
            config.requireKeysOrLoopback();
        }
        config.requireProtectedAdmin();
    }

    private void bind() {
        listeners.prepare(config).use();
        ioLoops.forEach(loop -> core.openLoop((EventLoop) loop));
        core.startChecks(acceptLoops.next());
        acceptLoops.next().scheduleWithFixedDelay(this::readFiles, 1, 1, TimeUnit.SECONDS);
        if (config.admin() != null) {
            admin = new AdminListener(config.admin(), AdminListener.Served.of(config.admin(), core), transport,
                    adminLoop);
        }
        core.openLog();
    }

    private void readFiles() {
        core.refreshFiles();
        listeners.refreshFiles();
        AdminListener now = admin;
        if (now != null) {
            now.refreshFiles();
        }
    }

    /** Reads changed certificate and key files now, not up to a second later. For tests. */
    void refreshFiles() {
        acceptLoops.next().submit(this::readFiles).syncUninterruptibly();
    }

    /**
     * Activates another configuration, as a whole or not at all. Exchanges in flight keep the configuration with which
     * they started. Connections stay open; those to removed endpoints are closed once they are idle. Unchanged
     * endpoints keep their health, and callers keep their used quota.
     *
     * @param next the configuration
     * @throws IllegalArgumentException if the configuration cannot be used, or has another transport, which needs a
     *                                  restart
     * @throws UncheckedIOException     if an address cannot be bound
     * @throws IllegalStateException    if the relay is draining or closed
     */
    public synchronized void reload(RelayConfig next) {
        if (isDraining || isClosed) {
            throw new IllegalStateException("reload: the relay is " + (isClosed ? "closed" : "draining")
                    + " (expected: a relay that accepts requests)");
        }
        checkConfig(next, extensions);
        if (!next.transport().equals(config.transport())) {
            throw new ConfigException("transport", "transport: changed (expected: as it was, kind " + config.transport()
                    .kind().name().toLowerCase(Locale.ROOT) + ", loops " + config.transport().loops() + ", spin "
                    + config.transport().spin() + "; a change needs a restart)");
        }
        Listeners.Change change = null;
        AdminListener before = admin;
        AdminListener nextAdmin = next.admin() == null ? null : before;
        AdminListener.Served served = null;
        try {
            RelayCore.Step step = core.prepare(next);
            change = listeners.prepare(next);
            if (next.admin() != null && !next.admin().equals(config.admin())) {
                served = AdminListener.Served.of(next.admin(), core);
                nextAdmin = before != null && before.isAt(next.admin()) ? before
                        : new AdminListener(next.admin(), served, transport, adminLoop);
            }
            step.use();
        } catch (RuntimeException e) {
            if (change != null) {
                change.giveUp();
            }
            if (nextAdmin != null && nextAdmin != before) {
                nextAdmin.close();
            }
            throw e;
        }
        config = next;
        admin = nextAdmin;
        if (before != null && before != nextAdmin) {
            before.close();
        } else if (before != null && served != null) {
            before.use(served);
        }
        change.use();
        if (isDraining) {
            listeners.leave(); // a drain that started meanwhile has not seen the new listeners
        }
    }

    /**
     * Returns the port of the first listener.
     *
     * @return the port, 1 to 65535
     * @throws IllegalStateException if there is no listener
     */
    public int port() {
        if (ports().isEmpty()) {
            throw new IllegalStateException("port: this relay has no listener (expected: at least one)");
        }
        return ports().get(0);
    }

    /** {@return the ports of all listeners, in the order of the configuration} */
    public List<Integer> ports() {
        return listeners.ports();
    }

    /** {@return the port of the admin pages, or -1 if they are not served} */
    public int adminPort() {
        return admin == null ? -1 : admin.port();
    }

    /** {@return a snapshot of the metrics} */
    public MetricsSnapshot metrics() {
        return core.metrics().snapshot();
    }

    /**
     * Takes over a connection of another server.
     *
     * @return whether the relay serves it: without keys, only if it comes from this machine
     */
    boolean onForeignConnection(Channel channel) {
        connections.add(channel);
        boolean isLocal = !(channel.remoteAddress() instanceof InetSocketAddress remote)
                || remote.getAddress().isLoopbackAddress();
        boolean isServed = isLocal || extensions.authenticator() != null || !config.keys().isEmpty()
                || config.keyFile() != null;
        if (!isServed && isForeignRefused.compareAndSet(false, true)) { // once, because anybody can repeat it
            LOG.warn("connection from {} closed, as further ones from other machines will be: no keys (expected: keys"
                    + " or an authenticator)", channel.remoteAddress());
        }
        return isServed;
    }

    RelayCore core() {
        return core;
    }

    ByteBufAllocator allocator() {
        return allocator;
    }

    /**
     * Drains the relay. The readiness page reports "draining" at once, listeners close as soon as their backlog is
     * empty, and exchanges in flight continue to their end.
     *
     * <p>Requests on kept-alive connections are served until the deadline, and each response announces that its
     * connection closes. After the deadline, requests are refused with 503.
     *
     * @return a future that completes when no exchange is in flight, at the latest after
     *         {@link dev.sluice.engine.config.TimeoutConfig#drain}; not on an event loop, so {@link #close} may follow
     */
    public CompletableFuture<Void> drain() {
        isDraining = true;
        if (isClosed) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> drained = core.drain();
        listeners.leave();
        CompletableFuture<Void> deadline = new CompletableFuture<Void>().completeOnTimeout(null,
                config.timeouts().drain().toMillis(), TimeUnit.MILLISECONDS);
        deadline.thenRun(this::stopAll);
        // Not on an event loop, on which close() would wait for itself.
        return CompletableFuture.anyOf(drained, deadline).thenApplyAsync(done -> null);
    }

    private void stopAll() {
        core.refuseAll();
        connections.forEach(connection -> connection.pipeline().fireUserEventTriggered(WebSocketHandler.STOP));
    }

    /**
     * Stops the relay at once: closes all connections and aborts exchanges in flight. {@link #drain} lets them end
     * first.
     */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        stopAll();
        listeners.close();
        if (admin != null) {
            admin.close();
        }
        connections.close().awaitUninterruptibly();
        core.close();
        acceptLoops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        adminLoop.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        ioLoops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        acceptLoops.terminationFuture().awaitUninterruptibly();
        adminLoop.terminationFuture().awaitUninterruptibly();
        core.closeLog();
    }

    /** The options of a downstream connection, for the relay's listeners and for {@link RelayHandler}. */
    static final class DownstreamOptions {
        private DownstreamOptions() {
        }

        static void set(Target target) {
            target.option(ChannelOption.AUTO_READ, false);
            target.option(ChannelOption.TCP_NODELAY, true);
            target.option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK);
            target.option(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(MIN_READ_BYTES,
                    FIRST_READ_BYTES, MAX_READ_BYTES).maxMessagesPerRead(1));
        }

        /** A receiver of options. */
        interface Target {
            <T> void option(ChannelOption<T> option, T value);
        }
    }
}
