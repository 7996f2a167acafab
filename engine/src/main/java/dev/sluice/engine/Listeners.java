// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.downstream.DownstreamInitializer;
import dev.sluice.engine.exchange.RelayCore;
import dev.sluice.engine.loop.Transport;
import dev.sluice.engine.tls.ServerTls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listening sockets of a relay. A reload binds new addresses before it closes old ones. An address that stays keeps
 * its socket, with another certificate if that has changed.
 *
 * <p><b>Threading:</b> one thread at a time may call the methods.
 */
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);
    private static final int BACKLOG = 4096;
    /** The number of consecutive rounds without an accepted connection after which a removed socket is closed. */
    private static final int EMPTY_ROUNDS = 3;
    private static final int MAX_ROUNDS = 2_000;
    private static final long ROUND_MILLIS = 1;
    private static final long MAX_BIND_SECONDS = 10;

    private final Transport transport;
    private final EventLoopGroup acceptLoops;
    private final EventLoopGroup ioLoops;
    private final ByteBufAllocator allocator;
    private final ChannelGroup connections;
    private final RelayCore core;
    private volatile List<Listener> open = List.of();

    Listeners(Transport transport, EventLoopGroup acceptLoops, EventLoopGroup ioLoops, ByteBufAllocator allocator,
            ChannelGroup connections, RelayCore core) {
        this.transport = transport;
        this.acceptLoops = acceptLoops;
        this.ioLoops = ioLoops;
        this.allocator = allocator;
        this.connections = connections;
        this.core = core;
    }

    /**
     * Binds the addresses of a configuration that are not bound yet. No socket is closed yet.
     *
     * @return the change, to be used or given up
     * @throws UncheckedIOException     if an address cannot be bound; nothing is changed then
     * @throws IllegalArgumentException if a certificate cannot be used, or an inherited socket has another address;
     *                                  nothing is changed then
     */
    Change prepare(RelayConfig config) {
        List<Listener> left = new ArrayList<>(open);
        Change change = new Change(config.timeouts().tlsHandshake().toMillis());
        try {
            for (ListenerConfig wanted : config.listeners()) {
                Listener known = left.stream().filter(each -> each.isAt(wanted)).findFirst().orElse(null);
                left.remove(known);
                if (known != null) {
                    checkAddress(wanted, known.channel);
                }
                ServerTls tls = wanted.tls() == null ? null : known != null && wanted.tls().equals(known.config.tls())
                        ? known.tls : newTls(wanted, change.configs.size(), System::nanoTime);
                if (known != null) {
                    change.next.add(known);
                } else {
                    Listener added = new Listener(wanted);
                    added.tls = tls;
                    added.handshakeMillis = change.handshakeMillis;
                    added.channel = bind(added);
                    change.added.add(added);
                    checkAddress(wanted, added.channel);
                    added.port = ((InetSocketAddress) added.channel.localAddress()).getPort();
                    change.next.add(added);
                }
                change.configs.add(wanted);
                change.certificates.add(tls);
            }
        } catch (UncheckedIOException e) {
            change.giveUp();
            boolean isOwn = left.stream().anyMatch(each -> config.listeners().stream().anyMatch(wanted ->
                    wanted.port() == each.port && wanted.port() != 0));
            throw !isOwn ? e : new UncheckedIOException(e.getMessage()
                    + "; this relay uses the port at another address (moving it needs a restart)", e.getCause());
        } catch (RuntimeException e) {
            change.giveUp();
            throw e;
        }
        change.removed.addAll(left);
        return change;
    }

    /** Loads the certificate of the listener with this index in the configuration. */
    static ServerTls newTls(ListenerConfig config, int index, LongSupplier clock) {
        try {
            return new ServerTls(named(config), config.tls(), clock);
        } catch (ConfigException e) {
            throw e.within("listeners[" + index + ']');
        }
    }

    private Channel bind(Listener listener) {
        ServerBootstrap bootstrap = new ServerBootstrap().group(acceptLoops, ioLoops)
                .childOption(ChannelOption.ALLOCATOR, allocator)
                // Accept no connections until the new configuration is active.
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object child) {
                        listener.accepted++;
                        ctx.fireChannelRead(child);
                    }
                })
                .childHandler(new DownstreamInitializer(() -> listener.tls, () -> listener.handshakeMillis,
                        connections::add, core::newDownstreamHandler));
        Relay.DownstreamOptions.set(bootstrap::childOption);
        int fd = listener.config.fd();
        if (fd < 0) {
            return bind("listener", bootstrap.channel(transport.serverSocketType())
                    .option(ChannelOption.SO_BACKLOG, BACKLOG).option(ChannelOption.SO_REUSEADDR, true),
                    listener.config.host(), listener.config.port());
        }
        ChannelFuture registered = bootstrap.channelFactory(() -> transport.inheritedServerSocket(fd)).register();
        if (!registered.awaitUninterruptibly(MAX_BIND_SECONDS, TimeUnit.SECONDS) || !registered.isSuccess()) {
            throw new UncheckedIOException(named(listener.config) + ": inherited socket " + fd + " cannot be used: "
                    + registered.cause() + " (expected: a listening socket)", new IOException(registered.cause()));
        }
        return registered.channel();
    }

    private static String named(ListenerConfig config) {
        return "listener " + config.host() + ':' + config.port();
    }

    /** Checks that an inherited socket, which is bound already, has the address that the configuration names. */
    private static void checkAddress(ListenerConfig config, Channel channel) {
        if (config.fd() < 0) {
            return;
        }
        InetSocketAddress found = (InetSocketAddress) channel.localAddress();
        InetAddress wanted = new InetSocketAddress(config.host(), config.port()).getAddress();
        boolean isHost = found.getAddress().equals(wanted) || found.getAddress().isAnyLocalAddress()
                && wanted != null && wanted.isAnyLocalAddress();
        if (!isHost || config.port() != 0 && config.port() != found.getPort()) {
            throw new IllegalArgumentException(named(config) + ": the inherited socket is bound to " + found
                    + " (expected: the address of the listener; a change needs a restart)");
        }
    }

    /**
     * Binds an address.
     *
     * @param what begins the message of the exception
     * @throws UncheckedIOException if the address cannot be bound within 10 s
     */
    static Channel bind(String what, ServerBootstrap bootstrap, String host, int port) {
        ChannelFuture bound = bootstrap.bind(host, port);
        if (!bound.awaitUninterruptibly(MAX_BIND_SECONDS, TimeUnit.SECONDS) || !bound.isSuccess()) {
            String cause = bound.cause() == null ? "no answer" : bound.cause().getMessage();
            throw new UncheckedIOException(what + ' ' + host + ':' + port + ": " + cause
                    + " (expected: a free address of this machine)", new IOException(bound.cause()));
        }
        return bound.channel();
    }

    /** Returns the ports, in the order of the configuration. */
    List<Integer> ports() {
        return open.stream().map(listener -> listener.port).toList();
    }

    /** Reloads the certificates whose files have changed. */
    void refreshFiles() {
        for (Listener listener : open) {
            if (listener.tls != null) {
                listener.tls.refresh();
            }
        }
    }

    /** Closes all sockets, each as soon as its backlog is empty. */
    void leave() {
        open.forEach(Listener::leave);
    }

    /** Closes all sockets. */
    void close() {
        for (Listener listener : open) {
            listener.channel.close().awaitUninterruptibly();
        }
    }

    /** A prepared change from one set of listeners to another. */
    final class Change {
        private final long handshakeMillis;
        private final List<Listener> next = new ArrayList<>();
        private final List<ListenerConfig> configs = new ArrayList<>();
        private final List<ServerTls> certificates = new ArrayList<>();
        private final List<Listener> added = new ArrayList<>();
        private final List<Listener> removed = new ArrayList<>();

        private Change(long handshakeMillis) {
            this.handshakeMillis = handshakeMillis;
        }

        /** Activates the new listeners and closes the removed ones. */
        void use() {
            for (int i = 0; i < next.size(); i++) {
                next.get(i).config = configs.get(i);
                next.get(i).tls = certificates.get(i);
                next.get(i).handshakeMillis = handshakeMillis;
            }
            open = List.copyOf(next);
            added.forEach(listener -> listener.channel.config().setAutoRead(true));
            added.forEach(listener -> LOG.info("listening on {}{}", listener.channel.localAddress(),
                    listener.tls == null ? "" : " (TLS)"));
            for (Listener listener : removed) {
                LOG.info("no longer listening on {}", listener.channel.localAddress());
                listener.leave();
            }
        }

        /** Closes the sockets that were bound for this change. */
        void giveUp() {
            added.forEach(listener -> listener.channel.close().awaitUninterruptibly());
        }
    }

    /** A listening socket with its current configuration. */
    private static final class Listener {
        /** The number of accepted connections; written and read on the accept loop. */
        private long accepted;
        private volatile ListenerConfig config;
        private volatile ServerTls tls;
        private volatile long handshakeMillis;
        private Channel channel;
        private int port;

        Listener(ListenerConfig config) {
            this.config = config;
        }

        boolean isAt(ListenerConfig other) {
            return config.fd() == other.fd() && (config.fd() >= 0 || config.host().equals(other.host())
                    && config.port() == other.port());
        }

        /**
         * Closes the socket after some rounds without an accepted connection, because closing it resets the connections
         * in its backlog.
         */
        void leave() {
            channel.eventLoop().execute(() -> leaveWhenEmpty(accepted, EMPTY_ROUNDS, MAX_ROUNDS));
        }

        private void leaveWhenEmpty(long before, int emptyRounds, int rounds) {
            long now = accepted;
            int left = now == before ? emptyRounds - 1 : EMPTY_ROUNDS;
            if (left == 0 || rounds == 0) {
                channel.close();
            } else {
                channel.eventLoop().schedule(() -> leaveWhenEmpty(now, left, rounds - 1), ROUND_MILLIS,
                        TimeUnit.MILLISECONDS);
            }
        }
    }
}
