// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.engine.loop.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import java.net.InetSocketAddress;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * All upstream connections of one event loop: an exchange and its upstream connection never change threads.
 *
 * <p><b>Threading:</b> confined to its loop.
 */
public final class UpstreamPools implements Tickable {
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 * 1024, 128 * 1024);
    private static final int MIN_READ_BYTES = 512;
    private static final int FIRST_READ_BYTES = 2048;
    private static final int MAX_READ_BYTES = 64 * 1024;
    private static final int MAX_DNS_SECONDS = 60;

    private final EventLoop loop;
    private final Transport transport;
    private final LoopTicker ticker;
    private final TimeoutConfig timeouts;
    private final Bootstrap bootstrap;
    private final AddressResolverGroup<InetSocketAddress> resolver;
    private final Map<Endpoint, UpstreamPool> pools = new IdentityHashMap<>();
    private LoopTicker.Entry tick;
    private int connections;
    private boolean isClosed;

    /** Creates the empty pools of a loop. */
    public UpstreamPools(EventLoop loop, LoopTicker ticker, TimeoutConfig timeouts, ByteBufAllocator allocator) {
        this.loop = loop;
        this.ticker = ticker;
        this.timeouts = timeouts;
        transport = Transport.of(loop);
        // Never the JDK's resolver: it blocks the loop. TTLs as the records say, within a minute.
        resolver = new DnsAddressResolverGroup(new DnsNameResolverBuilder().datagramChannelType(
                transport.datagramType()).ttl(1, MAX_DNS_SECONDS).negativeTtl(1).queryTimeoutMillis(2000));
        bootstrap = new Bootstrap().group(loop).channelFactory(transport::newSocket).resolver(resolver)
                .option(ChannelOption.ALLOCATOR, allocator)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) timeouts.connect().toMillis())
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                // One read, one write: what arrived together leaves together, and nothing waits for more.
                .option(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(MIN_READ_BYTES,
                        FIRST_READ_BYTES, MAX_READ_BYTES).maxMessagesPerRead(1));
    }

    /**
     * Gets a connection for an attempt: from the pool at once, or a new one later.
     *
     * @param isFresh whether a pooled connection will not do
     */
    public void acquire(Endpoint endpoint, boolean isFresh, UpstreamListener attempt) {
        UpstreamPool pool = pools.computeIfAbsent(endpoint, e -> new UpstreamPool(this));
        Http1UpstreamHandler pooled = isFresh ? null : pool.poll();
        if (pooled != null) {
            pooled.assign(attempt);
            attempt.onConnected(pooled);
            return;
        }
        connect(endpoint, new Http1UpstreamHandler(endpoint, pool), attempt);
    }

    private void connect(Endpoint endpoint, Http1UpstreamHandler connection, UpstreamListener attempt) {
        ChannelFuture connected = bootstrap.clone().handler(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                if (endpoint.tls() != null) {
                    SslHandler tls = endpoint.tls().newHandler(channel.alloc(), endpoint.host(), endpoint.port());
                    tls.setHandshakeTimeoutMillis(timeouts.tlsHandshake().toMillis());
                    channel.pipeline().addLast(tls);
                }
                channel.pipeline().addLast(connection);
            }
        }).connect(InetSocketAddress.createUnresolved(endpoint.host(), endpoint.port()));
        connected.addListener(done -> onLoop(() -> {
            if (!done.isSuccess()) {
                attempt.onConnectFailed(done.cause());
            } else if (endpoint.tls() == null) {
                onConnected(connection, attempt);
            } else {
                handshake(connected.channel(), connection, attempt);
            }
        }));
    }

    /** Where no socket could be made at all (no file descriptor left), Netty tells so on a thread of its own. */
    private void onLoop(Runnable outcome) {
        if (loop.inEventLoop()) {
            outcome.run();
        } else {
            loop.execute(outcome);
        }
    }

    private void handshake(Channel channel, Http1UpstreamHandler connection, UpstreamListener attempt) {
        channel.pipeline().get(SslHandler.class).handshakeFuture().addListener(done -> {
            if (done.isSuccess()) {
                onConnected(connection, attempt);
            } else {
                channel.close();
                attempt.onConnectFailed(done.cause());
            }
        });
        channel.read(); // the handshake's first answer
    }

    private void onConnected(Http1UpstreamHandler connection, UpstreamListener attempt) {
        connections++;
        if (tick == null) {
            tick = ticker.add(this);
        }
        connection.assign(attempt);
        attempt.onConnected(connection);
    }

    void onClosed() {
        connections--;
        if (connections == 0 && tick != null) {
            ticker.remove(tick);
            tick = null;
        }
    }

    @Override
    public void onTick(long nowNanos) {
        long maxIdleNanos = timeouts.upstreamIdle().toNanos();
        for (UpstreamPool pool : pools.values()) {
            pool.closeOlderThan(nowNanos, maxIdleNanos);
        }
    }

    long nanoTime() {
        return ticker.nanoTime();
    }

    boolean isClosed() {
        return isClosed;
    }

    /** Returns how many connections are idle in the pools. */
    public int idleCount() {
        return pools.values().stream().mapToInt(UpstreamPool::idleCount).sum();
    }

    /** Closes every idle connection; those in use close with their exchange. */
    public void close() {
        isClosed = true;
        for (UpstreamPool pool : pools.values()) {
            pool.closeOlderThan(nanoTime(), Long.MIN_VALUE);
        }
        resolver.close();
    }

    /** Returns the loop. */
    public EventLoop loop() {
        return loop;
    }
}
