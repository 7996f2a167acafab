// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.config.Http2UpstreamConfig;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.engine.loop.Transport;
import dev.sluice.engine.websocket.MessageSession;
import dev.sluice.engine.websocket.MessageSource;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * All upstream connections of one event loop. An exchange and its upstream connection share the loop and never change
 * threads.
 *
 * <p><b>Threading:</b> confined to its loop.
 */
public final class UpstreamPools implements Tickable {
    /** The argument of {@link #acquire} that accepts any connection. */
    public static final long ANY = Long.MIN_VALUE;

    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 * 1024, 128 * 1024);
    private static final int MIN_READ_BYTES = 512;
    private static final int FIRST_READ_BYTES = 2048;
    private static final int MAX_READ_BYTES = 64 * 1024;
    private static final int MAX_DNS_SECONDS = 60;
    private static final int WAITING_BYTES = 4096;
    /** The time for the handshake of a WebSocket, besides that of its connection. Some clients wait for 15 s. */
    private static final long HANDSHAKE_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** The longest event that is held because its lane is not known. */
    private static final long MAX_HELD_BYTES = 8L * 1024 * 1024;
    private static final int SCRATCH_BYTES = 16 * 1024;

    private final EventLoop loop;
    private final Transport transport;
    private final LoopTicker ticker;
    private TimeoutConfig timeouts;
    private Http2UpstreamConfig http2;
    private final Bootstrap bootstrap;
    private final AddressResolverGroup<InetSocketAddress> resolver;
    private final Map<Endpoint, UpstreamPool> pools = new IdentityHashMap<>();
    private LoopTicker.Entry tick;
    private int connections;
    private boolean isClosed;
    /** The pools of endpoints that a reload removed, kept as long as they are in use. */
    private final List<UpstreamPool> left = new ArrayList<>();
    private boolean isWarm;
    private boolean isWarmWanted;
    private Set<Endpoint> configured;
    private final Observer observer;
    private final ByteBuffer waiting = ByteBuffer.allocateDirect(WAITING_BYTES);
    private final BodyPiece piece = new BodyPiece();
    private final ServerEvent event = new ServerEvent(new byte[SCRATCH_BYTES]);

    /** The receiver of what happens to connections. */
    public interface Observer {
        /**
         * Reports that a connection was made.
         *
         * @param nanos the time that it took: for name resolution, connect, and TLS handshake
         */
        void onConnected(long nanos);

        /** Reports the number of connections that are open, or being opened. */
        void onConnections(int count);

        /** Reports bytes that an upstream sent on an HTTP/1.1 connection and that belong to no response. */
        void onUnsolicited(long bytes);
    }

    /** A result of opening a connection whose time is reported. */
    private final class Timed implements Opening.Result {
        private final Opening.Result result;
        private final long beganNanos = System.nanoTime(); // the loop's clock stands still during a tick

        Timed(Opening.Result result) {
            this.result = result;
        }

        @Override
        public void onReady(Channel channel, boolean isHttp2) {
            observer.onConnected(System.nanoTime() - beganNanos);
            result.onReady(channel, isHttp2);
        }

        @Override
        public void onFailed(Throwable cause) {
            result.onFailed(cause);
        }
    }

    /**
     * Creates the pools of a loop, with no connections.
     *
     * @param observer sees what happens to connections
     */
    public UpstreamPools(EventLoop loop, LoopTicker ticker, TimeoutConfig timeouts, Http2UpstreamConfig http2,
            ByteBufAllocator allocator, Observer observer) {
        this.observer = observer;
        this.loop = loop;
        this.ticker = ticker;
        this.timeouts = timeouts;
        this.http2 = http2;
        transport = Transport.of(loop);
        // Never use the JDK's resolver, because it blocks the loop. TTLs follow the DNS records, at most 60 s.
        resolver = new DnsAddressResolverGroup(new DnsNameResolverBuilder().datagramChannelType(
                transport.datagramType()).ttl(1, MAX_DNS_SECONDS).negativeTtl(1).queryTimeoutMillis(2000));
        bootstrap = new Bootstrap().group(loop).channelFactory(transport::newSocket)
                .handler(Opening.newHandler())
                .option(ChannelOption.ALLOCATOR, allocator)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                // One write per read: bytes that arrived together leave together, and nothing waits for more.
                .option(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(MIN_READ_BYTES,
                        FIRST_READ_BYTES, MAX_READ_BYTES).maxMessagesPerRead(1));
    }

    /**
     * Acquires a connection or stream for an attempt: from the pool at once, or a new connection later.
     *
     * @param notBefore rules out idle connections and those that became ready before this time of the clock;
     *                  {@link #ANY} for any connection
     */
    public void acquire(Endpoint endpoint, long notBefore, UpstreamListener attempt) {
        pools.computeIfAbsent(endpoint, e -> new UpstreamPool(e, this, !isConfigured(e))).acquire(notBefore, attempt);
    }

    /**
     * Acquires a lane of a WebSocket that belongs to a downstream connection; opens that WebSocket if there is none.
     */
    public void acquireSocket(Endpoint endpoint, MessageSource message, UpstreamListener attempt) {
        boolean isAdopted = message.adoptedFrom() != null;
        WebSocketUpstream known = (WebSocketUpstream) (isAdopted ? message.adoptedFrom()
                : message.session().socketTo(endpoint));
        if (known != null) {
            known.assign(message.lane(), attempt, isAdopted);
            return;
        }
        WebSocketUpstream opened = newUpstream(endpoint, message.session());
        opened.assign(message.lane(), attempt, false);
        open(endpoint, HttpVersions.HTTP_1, new Opening.Result() {
            @Override
            public void onReady(Channel channel, boolean isHttp2) {
                opened.onConnected(addHandler(channel, endpoint, opened));
            }

            @Override
            public void onFailed(Throwable cause) {
                endpoint.recordFailure(nanoTime());
                opened.onConnectFailed(cause);
            }
        });
    }

    /**
     * Opens a WebSocket for a downstream connection whose own handshake is still to be answered. The attempt gets a
     * connection that is a {@link dev.sluice.engine.websocket.DialedSocket}, and a response with status 101 if the
     * endpoint accepts.
     */
    public void dial(Endpoint endpoint, UpstreamListener attempt) {
        open(endpoint, HttpVersions.HTTP_1, new Opening.Result() {
            @Override
            public void onReady(Channel channel, boolean isHttp2) {
                DialedUpstream dialed = new DialedUpstream(attempt, (session, handler) -> newUpstream(endpoint, session)
                        .onDialed(handler));
                dialed.use(addHandler(channel, endpoint, dialed));
                attempt.onConnected(dialed);
            }

            @Override
            public void onFailed(Throwable cause) {
                endpoint.recordFailure(nanoTime());
                attempt.onConnectFailed(cause);
            }
        });
    }

    private WebSocketUpstream newUpstream(Endpoint endpoint, MessageSession session) {
        return new WebSocketUpstream(endpoint, session, ticker, event, piece,
                timeouts.connect().toNanos() + HANDSHAKE_NANOS);
    }

    private WebSocketUpstreamHandler addHandler(Channel channel, Endpoint endpoint,
            WebSocketUpstreamHandler.Listener listener) {
        WebSocketUpstreamHandler handler = new WebSocketUpstreamHandler(endpoint, listener, ticker::nanoTime,
                MAX_HELD_BYTES, piece);
        channel.pipeline().addLast(handler);
        channel.closeFuture().addListener(closed -> onClosed());
        return handler;
    }

    /**
     * Opens a connection.
     *
     * @param attempt the attempt that it is for; null for the pool's queue, when the protocol is not known yet
     */
    void connect(Endpoint endpoint, UpstreamPool pool, UpstreamListener attempt) {
        open(endpoint, endpoint.versions(), new Opening.Result() {
            @Override
            public void onReady(Channel channel, boolean isHttp2) {
                add(channel, isHttp2, endpoint, pool, attempt);
            }

            @Override
            public void onFailed(Throwable cause) {
                if (attempt == null) {
                    pool.onConnectFailed(cause);
                } else {
                    endpoint.recordFailure(nanoTime());
                    attempt.onConnectFailed(cause);
                }
            }
        });
    }

    private void open(Endpoint endpoint, HttpVersions versions, Opening.Result result) {
        Opening opening = new Opening(endpoint, versions, timeouts, new Timed(result), this::onClosed);
        connections++; // counted from here on, so that the tick runs for attempts that wait for it
        observer.onConnections(connections);
        if (tick == null) {
            tick = ticker.add(this);
        }
        InetSocketAddress name = InetSocketAddress.createUnresolved(endpoint.host(), endpoint.port());
        resolver.getResolver(loop).resolveAll(name).addListener(resolved -> {
            if (resolved.isSuccess()) {
                @SuppressWarnings("unchecked")
                List<InetSocketAddress> addresses = (List<InetSocketAddress>) resolved.getNow();
                AddressRace.run(loop, bootstrap.clone().option(ChannelOption.CONNECT_TIMEOUT_MILLIS,
                        (int) timeouts.connect().toMillis()), addresses, opening);
            } else {
                // never before this returns; the callers rely on it
                loop.execute(() -> opening.onFailed(resolved.cause()));
            }
        });
    }

    private void add(Channel channel, boolean isHttp2, Endpoint endpoint, UpstreamPool pool,
            UpstreamListener attempt) {
        if (isHttp2 && attempt != null) {
            pool.onUnexpectedHttp2(attempt);
        }
        if (isHttp2) {
            channel.pipeline().addLast(Http2UpstreamHandler.of(endpoint, pool, endpoint.http2(http2)));
            loop.schedule(() -> closeIfSilent(channel), timeouts.connect().toNanos(), TimeUnit.NANOSECONDS);
            return;
        }
        Http1UpstreamHandler connection = new Http1UpstreamHandler(endpoint, pool);
        channel.pipeline().addLast(connection);
        if (attempt == null) {
            pool.onHttp1(connection);
        } else {
            connection.assign(attempt);
            attempt.onConnected(connection);
        }
    }

    /**
     * Closes a connection whose SETTINGS do not arrive within the connect timeout, because its peer does not speak
     * HTTP/2.
     */
    private static void closeIfSilent(Channel channel) {
        Http2UpstreamHandler connection = channel.pipeline().get(Http2UpstreamHandler.class);
        if (connection != null && !connection.isReady()) {
            channel.close();
        }
    }

    /**
     * Applies new settings and a new set of endpoints. Idle connections to removed endpoints are closed at once, those
     * in use when their exchange ends.
     */
    public void use(TimeoutConfig otherTimeouts, Http2UpstreamConfig otherHttp2, Set<Endpoint> endpoints) {
        timeouts = otherTimeouts;
        http2 = otherHttp2;
        configured = endpoints;
        for (Map.Entry<Endpoint, UpstreamPool> entry : List.copyOf(pools.entrySet())) {
            if (!endpoints.contains(entry.getKey())) {
                pools.remove(entry.getKey());
                entry.getValue().close();
                left.add(entry.getValue());
            } else {
                entry.getValue().stay(); // an exchange of the new configuration may have created the pool already
            }
        }
        if (isWarmWanted) {
            keepWarm(endpoints);
        }
    }

    /**
     * Returns whether an endpoint is configured. An exchange that began before a reload may still need one that the
     * reload removed.
     */
    private boolean isConfigured(Endpoint endpoint) {
        return configured == null || configured.contains(endpoint);
    }

    /** Opens warm connections to the endpoints that configure them, and keeps them open. */
    public void keepWarm(Set<Endpoint> endpoints) {
        isWarmWanted = true;
        isWarm = false;
        for (Endpoint endpoint : endpoints) {
            if (endpoint.warmConnections() > 0) {
                isWarm = true;
                pools.computeIfAbsent(endpoint, e -> new UpstreamPool(e, this, false)).keepWarm(nanoTime());
            }
        }
        if (isWarm && tick == null) {
            tick = ticker.add(this);
        }
    }

    int takeWaiting(Channel channel) {
        return Transport.takeWaiting(channel, waiting);
    }

    void countUnsolicited(int bytes) {
        observer.onUnsolicited(bytes);
    }

    void onClosed() {
        connections--;
        observer.onConnections(connections);
        if (connections == 0 && tick != null && !isWarm) {
            ticker.remove(tick);
            tick = null;
        }
    }

    @Override
    public void onTick(long nowNanos) {
        long maxIdleNanos = timeouts.upstreamIdle().toNanos();
        for (UpstreamPool pool : List.copyOf(pools.values())) { // a copy, because a retry may create another pool
            pool.onTick(nowNanos, maxIdleNanos);
        }
        for (UpstreamPool pool : List.copyOf(left)) {
            pool.onTick(nowNanos, maxIdleNanos);
            if (pool.isEmpty()) {
                left.remove(pool);
            }
        }
    }

    /**
     * Returns the time after which a connection that is opened now gets no further request; {@link Long#MAX_VALUE} for
     * never.
     */
    long endOfLifeNanos() {
        long lifetimeNanos = timeouts.upstreamLifetime().toNanos();
        long spread = lifetimeNanos / 10;
        return lifetimeNanos == 0 ? Long.MAX_VALUE
                : nanoTime() + lifetimeNanos + ThreadLocalRandom.current().nextLong(-spread, spread + 1);
    }

    /** Returns whether this loop keeps connections warm, which it does if it relays. */
    boolean isWarmWanted() {
        return isWarmWanted;
    }

    Http2UpstreamConfig http2() {
        return http2;
    }

    long nanoTime() {
        return ticker.nanoTime();
    }

    BodyPiece piece() {
        return piece;
    }

    boolean isClosed() {
        return isClosed;
    }

    /** Returns the number of idle connections in the pools. */
    public int idleCount() {
        return pools.values().stream().mapToInt(UpstreamPool::idleCount).sum();
    }

    /** Closes all idle connections; those in use close with their exchanges. */
    public void close() {
        isClosed = true;
        for (UpstreamPool pool : pools.values()) {
            pool.close();
        }
        resolver.close();
    }

    /** {@return the event loop} */
    public EventLoop loop() {
        return loop;
    }
}
