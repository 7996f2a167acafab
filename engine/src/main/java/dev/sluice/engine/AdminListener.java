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

    private final AdminSite site;
    private final ServerTls tls;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Channel channel;

    /**
     * Binds the address.
     *
     * @throws IllegalArgumentException if a file cannot be used
     * @throws UncheckedIOException     if the address cannot be bound
     */
    AdminListener(AdminConfig config, RelayCore core, Transport transport, EventLoopGroup loop) {
        site = new AdminSite(config, core.adminSources());
        tls = config.tls() == null ? null : new ServerTls("admin", config.tls(), System::nanoTime,
                ApplicationProtocolNames.HTTP_1_1);
        channel = Listeners.bind("admin", new ServerBootstrap().group(loop).channel(transport.serverSocketType())
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        connections.add(connection);
                        if (connections.size() > MAX_CONNECTIONS) {
                            connection.close();
                            return;
                        }
                        if (tls != null) {
                            connection.pipeline().addLast(tls.context().newHandler(connection.alloc()));
                        }
                        connection.pipeline().addLast(new HttpServerCodec(),
                                new HttpObjectAggregator(MAX_BODY_BYTES), site.newHandler());
                    }
                }), config.host(), config.port());
        LOG.info("admin pages on {}", channel.localAddress());
    }

    int port() {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    /** Reads the token and the certificate again if their files have changed; by one thread at a time. */
    void refreshFiles() {
        site.refreshFiles();
        if (tls != null) {
            tls.refresh();
        }
    }

    /** Closes the socket and all connections. */
    void close() {
        channel.close().awaitUninterruptibly();
        connections.close().awaitUninterruptibly();
    }
}
