// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.tls.ServerTls;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.ssl.SslHandler;
import java.util.function.Supplier;

/** Builds the pipeline of an accepted connection. */
public final class DownstreamInitializer extends ChannelInitializer<Channel> {
    private final ServerTls tls;
    private final long handshakeMillis;
    private final ChannelGroup connections;
    private final Supplier<ChannelHandler> newHandler;

    /**
     * @param tls             null for plain text
     * @param handshakeMillis limit of a TLS handshake
     * @param connections     is told of every connection
     * @param newHandler      makes the first handler of a connection, behind TLS
     */
    public DownstreamInitializer(ServerTls tls, long handshakeMillis, ChannelGroup connections,
            Supplier<ChannelHandler> newHandler) {
        this.tls = tls;
        this.handshakeMillis = handshakeMillis;
        this.connections = connections;
        this.newHandler = newHandler;
    }

    @Override
    protected void initChannel(Channel channel) {
        connections.add(channel);
        if (tls != null) {
            SslHandler handler = tls.context().newHandler(channel.alloc());
            handler.setHandshakeTimeoutMillis(handshakeMillis);
            channel.pipeline().addLast(handler);
        }
        channel.pipeline().addLast(newHandler.get());
    }
}
