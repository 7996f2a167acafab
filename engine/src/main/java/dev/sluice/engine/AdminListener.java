// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import dev.sluice.engine.admin.AdminSite;
import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.exchange.RelayCore;
import dev.sluice.engine.loop.Transport;
import dev.sluice.engine.tls.ServerTls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listening socket of the admin pages. Its connections are on a loop that relays nothing, so that a page that takes
 * long delays no event.
 *
 * <p><b>Threading:</b> any.
 */
final class AdminListener {
    private static final Logger LOG = LoggerFactory.getLogger(AdminListener.class);
    private static final int MAX_BODY_BYTES = 64 * 1024;
    private static final int MAX_CONNECTIONS = 256;

    private final String host;
    private final int port;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Channel channel;
    private volatile Served served;

    /**
     * The pages that a listener serves, and its certificate.
     *
     * @param tls its certificate; null for plain text
     */
    record Served(AdminSite site, ServerTls tls) {

        /**
         * Prepares the pages of a configuration.
         *
         * @throws IllegalArgumentException if a file cannot be used
         */
        static Served of(AdminConfig config, RelayCore core) {
            return new Served(new AdminSite(config, core.adminSources()), config.tls() == null ? null
                    : new ServerTls("admin", config.tls(), System::nanoTime, ApplicationProtocolNames.HTTP_1_1));
        }
    }

    /**
     * Binds the address.
     *
     * @throws UncheckedIOException if it cannot be bound
     */
    AdminListener(AdminConfig config, Served first, Transport transport, EventLoopGroup loop) {
        host = config.host();
        port = config.port();
        served = first;
        channel = Listeners.bind("admin", new ServerBootstrap().group(loop).channel(transport.serverSocketType())
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        connections.add(connection);
                        if (connections.size() > MAX_CONNECTIONS) {
                            connection.close();
                            return;
                        }
                        Served now = served;
                        if (now.tls != null) {
                            connection.pipeline().addLast(now.tls.context().newHandler(connection.alloc()));
                        }
                        connection.pipeline().addLast(new HttpServerCodec(),
                                new HttpObjectAggregator(MAX_BODY_BYTES), now.site.newHandler());
                    }
                }), host, port);
        LOG.info("admin pages on {}", channel.localAddress());
    }

    /** Returns whether the listener has the address of a configuration. */
    boolean isAt(AdminConfig config) {
        return host.equals(config.host()) && port == config.port();
    }

    /** Serves other pages on the connections that come from now on. */
    void use(Served next) {
        served = next;
    }

    int port() {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    /** Reads the token and the certificate again if their files have changed; by one thread at a time. */
    void refreshFiles() {
        Served now = served;
        now.site.refreshFiles();
        if (now.tls != null) {
            now.tls.refresh();
        }
    }

    /** Closes the socket and all connections. */
    void close() {
        channel.close().awaitUninterruptibly();
        connections.close().awaitUninterruptibly();
    }
}
