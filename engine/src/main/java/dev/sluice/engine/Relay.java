// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.downstream.DownstreamInitializer;
import dev.sluice.engine.exchange.RelayCore;
import dev.sluice.engine.loop.Buffers;
import dev.sluice.engine.loop.Transport;
import dev.sluice.engine.observe.AdminHandler;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.MetricsSnapshot;
import dev.sluice.engine.tls.ServerTls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running relay.
 *
 * <p><b>Threading:</b> all methods may be called from any thread but its own event loops.
 */
public final class Relay implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
    /** Downstream backlog: a stream that nobody reads keeps no more than about this in memory. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(16 * 1024, 64 * 1024);
    private static final int BACKLOG = 4096;
    private static final int MIN_READ_BYTES = 256;
    private static final int FIRST_READ_BYTES = 4096;
    private static final int MAX_READ_BYTES = 64 * 1024;
    private static final int MAX_ADMIN_BODY_BYTES = 8 * 1024;

    private final RelayConfig config;
    private final RelayCore core;
    private final Transport transport;
    private final ByteBufAllocator allocator;
    private final EventLoopGroup acceptLoops;
    private final EventLoopGroup ioLoops;
    private final ChannelGroup listeners = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final List<Integer> ports = new ArrayList<>();
    private Channel admin;
    private volatile boolean isClosed;

    private Relay(RelayConfig config, Extensions extensions) {
        this.config = config;
        transport = Transport.choose(config.transport().kind());
        int loops = config.transport().loops() > 0 ? config.transport().loops()
                : Runtime.getRuntime().availableProcessors();
        allocator = Buffers.newAllocator(loops);
        core = new RelayCore(config, extensions, allocator);
        acceptLoops = transport.newGroup(1, "relay-accept", false);
        ioLoops = transport.newGroup(loops, "relay-io", config.transport().spin());
    }

    /**
     * Starts a relay with the keys of its configuration.
     *
     * @throws IllegalArgumentException where it has no keys and could be reached from another machine
     * @throws UncheckedIOException     where an address cannot be bound
     */
    public static Relay launch(RelayConfig config) {
        config.requireKeysOrLoopback();
        return launch(config, Extensions.NONE);
    }

    /**
     * Starts a relay.
     *
     * @param extensions what takes the place of the relay's own; with an authenticator, no keys are needed
     * @throws IllegalArgumentException where nobody authenticates and it could be reached from another machine
     * @throws UncheckedIOException     where an address cannot be bound
     */
    public static Relay launch(RelayConfig config, Extensions extensions) {
        if (extensions.authenticator() == null) {
            config.requireKeysOrLoopback();
        }
        Relay relay = new Relay(config, extensions);
        try {
            relay.bind(extensions);
            return relay;
        } catch (RuntimeException e) {
            relay.close();
            throw e;
        }
    }

    /**
     * Checks whether a relay would start, without binding an address or connecting anywhere: certificates, authorities
     * and the transport are loaded.
     *
     * @throws IllegalArgumentException where a file cannot be used, or nobody would authenticate
     * @throws IllegalStateException    where the transport that is asked for cannot be used here
     */
    public static void check(RelayConfig config, Extensions extensions) {
        if (extensions.authenticator() == null) {
            config.requireKeysOrLoopback();
        }
        Transport.choose(config.transport().kind());
        for (ListenerConfig listener : config.listeners()) {
            if (listener.tls() != null) {
                new ServerTls("listener " + listener.host(), listener.tls(), System::nanoTime);
            }
        }
        new RelayCore(config, extensions, ByteBufAllocator.DEFAULT);
    }

    private void bind(Extensions extensions) {
        List<ServerTls> certificates = new ArrayList<>();
        for (ListenerConfig listener : config.listeners()) {
            ServerTls tls = listener.tls() == null ? null : new ServerTls("listener " + listener.host() + ':'
                    + listener.port(), listener.tls(), System::nanoTime);
            if (tls != null) {
                certificates.add(tls);
            }
            ServerBootstrap bootstrap = new ServerBootstrap().group(acceptLoops, ioLoops)
                    .channel(transport.serverSocketType())
                    .option(ChannelOption.SO_BACKLOG, BACKLOG)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.ALLOCATOR, allocator)
                    .childHandler(new DownstreamInitializer(tls, config.timeouts().tlsHandshake().toMillis(),
                            connections, () -> core.newDownstreamHandler()));
            DownstreamOptions.set(bootstrap::childOption);
            Channel channel = bind(bootstrap, listener.host(), listener.port());
            listeners.add(channel);
            ports.add(((InetSocketAddress) channel.localAddress()).getPort());
            LOG.info("listening on {}{}", channel.localAddress(), tls == null ? "" : " (TLS)");
        }
        acceptLoops.next().scheduleWithFixedDelay(() -> {
            core.refreshFiles();
            certificates.forEach(ServerTls::refresh);
        }, 1, 1, TimeUnit.SECONDS);
        if (config.admin() != null) {
            bindAdmin(config.admin(), extensions);
        }
    }

    private void bindAdmin(AdminConfig address, Extensions extensions) {
        // On the accept loop: writing a metrics page must not delay an event.
        admin = bind(new ServerBootstrap().group(acceptLoops).channel(transport.serverSocketType())
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        channel.pipeline().addLast(new HttpServerCodec(),
                                new HttpObjectAggregator(MAX_ADMIN_BODY_BYTES),
                                new AdminHandler(core.metrics(), extensions.metricsFormat(), core::isReady,
                                        core::describeEndpoints));
                    }
                }), address.host(), address.port());
        LOG.info("admin pages on {}", admin.localAddress());
    }

    private static Channel bind(ServerBootstrap bootstrap, String host, int port) {
        Future<?> bound = bootstrap.bind(host, port).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new UncheckedIOException("listener " + host + ':' + port + ": " + bound.cause().getMessage()
                    + " (expected: a free address of this machine)", new IOException(bound.cause()));
        }
        return ((io.netty.channel.ChannelFuture) bound).channel();
    }

    /**
     * Returns the port of the first listener.
     *
     * @throws IllegalStateException where there is none
     */
    public int port() {
        if (ports.isEmpty()) {
            throw new IllegalStateException("port: this relay has no listener (expected: at least one)");
        }
        return ports.get(0);
    }

    /** Returns the ports of all listeners, in the order of the configuration. */
    public List<Integer> ports() {
        return List.copyOf(ports);
    }

    /** Returns the port of the admin pages, or -1 where they are not served. */
    public int adminPort() {
        return admin == null ? -1 : ((InetSocketAddress) admin.localAddress()).getPort();
    }

    /** Returns the metrics as they are now. */
    public MetricsSnapshot metrics() {
        return core.metrics().snapshot();
    }

    void onForeignConnection(Channel channel) {
        connections.add(channel);
    }

    RelayCore core() {
        return core;
    }

    ByteBufAllocator allocator() {
        return allocator;
    }

    /**
     * Drains: readiness turns to "draining" at once, listeners close, running exchanges go on to their end.
     *
     * <p>Connections that are kept alive are served until the deadline, each response saying that its connection
     * closes; after it whatever still comes is refused with 503.
     *
     * @return completed when no exchange runs any more, at the latest when {@link
     *         dev.sluice.engine.config.TimeoutConfig#drain} is over
     */
    public CompletableFuture<Void> drain() {
        CompletableFuture<Void> drained = core.drain();
        listeners.close();
        CompletableFuture<Void> deadline = new CompletableFuture<Void>().completeOnTimeout(null,
                config.timeouts().drain().toMillis(), TimeUnit.MILLISECONDS);
        deadline.thenRun(core::refuseAll);
        return CompletableFuture.anyOf(drained, deadline).thenApply(done -> null);
    }

    /** Stops at once: every connection is closed, running exchanges are aborted. Drain first to be polite. */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        core.refuseAll();
        listeners.close().awaitUninterruptibly();
        if (admin != null) {
            admin.close().awaitUninterruptibly();
        }
        connections.close().awaitUninterruptibly();
        core.close();
        acceptLoops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        ioLoops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        acceptLoops.terminationFuture().awaitUninterruptibly();
    }

    /** The options of a downstream connection, the same for ours and for somebody else's pipeline. */
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

        /** Takes one option. */
        interface Target {
            <T> void option(ChannelOption<T> option, T value);
        }
    }
}
