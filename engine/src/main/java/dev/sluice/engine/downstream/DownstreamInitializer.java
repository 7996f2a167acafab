// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.tls.ServerTls;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.ssl.SslHandler;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The channel initializer of downstream connections: it adds TLS, if configured, and the first protocol handler. */
public final class DownstreamInitializer extends ChannelInitializer<Channel> {
    private final Supplier<ServerTls> tls;
    private final LongSupplier handshakeMillis;
    private final Consumer<Channel> onConnection;
    private final Supplier<ChannelHandler> newHandler;

    /**
     * @param tls             returns the TLS settings of the next connection, or null for plain text
     * @param handshakeMillis returns the time limit of a TLS handshake in milliseconds
     * @param onConnection    receives each new connection before any handler is added
     * @param newHandler      creates the first handler of a connection, placed after TLS
     */
    public DownstreamInitializer(Supplier<ServerTls> tls, LongSupplier handshakeMillis, Consumer<Channel> onConnection,
            Supplier<ChannelHandler> newHandler) {
        this.tls = tls;
        this.handshakeMillis = handshakeMillis;
        this.onConnection = onConnection;
        this.newHandler = newHandler;
    }

    @Override
    protected void initChannel(Channel channel) {
        onConnection.accept(channel);
        ServerTls certificate = tls.get();
        if (certificate != null) {
            SslHandler handler = certificate.context().newHandler(channel.alloc());
            handler.setHandshakeTimeoutMillis(handshakeMillis.getAsLong());
            channel.pipeline().addLast(handler);
        }
        channel.pipeline().addLast(newHandler.get());
    }
}
