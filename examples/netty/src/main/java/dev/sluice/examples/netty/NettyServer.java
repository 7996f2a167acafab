// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.netty;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** A Netty server with a page of its own, which hands all other connections over to a relay. */
public final class NettyServer implements AutoCloseable {
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(NioIoHandler.newFactory());
    private final Relay relay;
    private final Channel listener;

    NettyServer(int port, String upstream, String upstreamKey, String callerKey) {
        relay = Relay.launch(RelayConfig.builder() // without a listener of its own
                .cluster(ClusterConfig.of("openai", EndpointConfig.of(upstream, upstreamKey)))
                .route(RouteConfig.of("gpt-*", "openai"))
                .key(KeyConfig.ofSecret("alice", callerKey))
                .build());
        listener = new ServerBootstrap().group(loops).channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new PathSwitch(relay)); // after an SslHandler, if there is one
                    }
                }).bind("127.0.0.1", port).syncUninterruptibly().channel();
    }

    /** Serves on port 8080; the keys are those of the environment. */
    public static void main(String[] args) {
        NettyServer server = new NettyServer(8080, "https://api.openai.com/v1", System.getenv("OPENAI_API_KEY"),
                System.getenv("CALLER_KEY"));
        Runtime.getRuntime().addShutdownHook(new Thread(server::close, "drain"));
    }

    int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Accepts no more connections, waits for the streams in flight and stops: the relay before its loops. */
    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        relay.drain().join();
        relay.close();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
