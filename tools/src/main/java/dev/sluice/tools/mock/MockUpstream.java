// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A running mock. Thread-safe. */
public final class MockUpstream implements AutoCloseable {
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 * 1024, 256 * 1024);

    private final EventLoopGroup loops;
    private final Channel listener;

    /**
     * Starts a mock.
     *
     * @param host    address of this machine
     * @param port    0 lets the system choose
     * @param options what it answers with
     * @param reports is told of every answer that has ended, on one of the mock's threads
     */
    public MockUpstream(String host, int port, MockOptions options, Consumer<MockReport> reports) {
        this(host, port, null, options, reports);
    }

    /**
     * Starts a mock behind TLS, with HTTP/2 and HTTP/1.1 by ALPN.
     *
     * @param tls of a server; null for plain text, with HTTP/2 by prior knowledge
     */
    public MockUpstream(String host, int port, SslContext tls, MockOptions options, Consumer<MockReport> reports) {
        loops = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("mock", true), NioIoHandler.newFactory());
        ServerBootstrap bootstrap = new ServerBootstrap().group(loops).channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new MockInitializer(tls, options, reports));
        listener = bootstrap.bind(host, port).syncUninterruptibly().channel();
    }

    /** Returns the port. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
