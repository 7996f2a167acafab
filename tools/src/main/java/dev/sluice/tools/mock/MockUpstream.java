// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A running mock upstream. Thread-safe. */
public final class MockUpstream implements AutoCloseable {
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 * 1024, 256 * 1024);

    private final EventLoopGroup loops;
    private final Channel listener;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

    /**
     * Starts a mock.
     *
     * @param host    local address to listen on
     * @param port    port to listen on; 0 lets the system choose
     * @param options defaults of the answers
     * @param reports receives a report for each stream or document that has ended, on the mock's event loop; errors
     *                are not reported
     */
    public MockUpstream(String host, int port, MockOptions options, Consumer<MockReport> reports) {
        this(host, port, null, options, reports);
    }

    /**
     * Starts a mock that uses TLS, with HTTP/2 and HTTP/1.1 by ALPN.
     *
     * @param host    local address to listen on
     * @param port    port to listen on; 0 lets the system choose
     * @param tls     server side; null for plain text, with HTTP/2 by prior knowledge
     * @param options defaults of the answers
     * @param reports receives a report for each stream or document that has ended, on the mock's event loop; errors
     *                are not reported
     */
    public MockUpstream(String host, int port, SslContext tls, MockOptions options, Consumer<MockReport> reports) {
        loops = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("mock", true), NioIoHandler.newFactory());
        ServerBootstrap bootstrap = new ServerBootstrap().group(loops).channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object child) {
                        connections.add((Channel) child);
                        ctx.fireChannelRead(child);
                    }
                })
                .childHandler(new MockInitializer(tls, options, reports));
        listener = bootstrap.bind(host, port).syncUninterruptibly().channel();
    }

    /** {@return the port on which the mock listens} */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Stops the mock and closes its connections. */
    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        connections.close().syncUninterruptibly();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
