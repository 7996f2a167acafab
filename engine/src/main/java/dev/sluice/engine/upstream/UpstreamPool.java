// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.config.Http2UpstreamConfig;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one loop to one endpoint.
 *
 * <p>For HTTP/1.1 the pool holds idle connections, the newest first, so that surplus ones age and are closed before the
 * upstream closes them. For HTTP/2 it holds all connections. An attempt gets a stream on the connection with the fewest
 * streams. If no connection has room, the attempt waits within bounds, and another connection is opened if the limit
 * allows it. While the endpoint's HTTP version is unknown, one connection is opened to detect it, and attempts wait for
 * that connection.
 */
final class UpstreamPool implements Http1UpstreamHandler.Pool, Http2UpstreamHandler.Pool {
    private static final Logger LOG = LoggerFactory.getLogger(UpstreamPool.class);
    /** The interval at which missing warm connections are opened. */
    private static final long WARM_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Endpoint endpoint;
    private final UpstreamPools pools;
    private final ArrayDeque<Http1UpstreamHandler> idle = new ArrayDeque<>();
    private final List<Http2UpstreamHandler> multiplexed = new ArrayList<>();
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private int connecting;
    private boolean isHttp1Known;
    private boolean isLeft;
    private long warmedNanos = Long.MIN_VALUE / 2;

    /**
     * @param isLeft whether the endpoint is no longer configured, so that the pool keeps no connections
     */
    UpstreamPool(Endpoint endpoint, UpstreamPools pools, boolean isLeft) {
        this.isLeft = isLeft;
        this.endpoint = endpoint;
        this.pools = pools;
        isHttp1Known = endpoint.versions() == HttpVersions.HTTP_1
                || endpoint.versions() == HttpVersions.AUTO && !endpoint.isTls();
    }

    /**
     * Acquires a connection or stream for an attempt, at once or later.
     *
     * @param notBefore rules out connections that became ready earlier than this; {@link UpstreamPools#ANY} for any
     *                  connection
     */
    void acquire(long notBefore, UpstreamListener attempt) {
        boolean isFresh = notBefore != UpstreamPools.ANY;
        Http2UpstreamHandler shared = withRoom(notBefore);
        if (shared == null && standing() + connecting >= http2().maxConnections()) {
            shared = withRoom(UpstreamPools.ANY); // at the connection limit no newer one will follow
        }
        if (shared != null) {
            shared.assign(attempt);
            return;
        }
        Http1UpstreamHandler pooled = isFresh ? null : pollIdle();
        if (pooled != null) {
            pooled.assign(attempt);
            attempt.onConnected(pooled);
        } else if (isHttp1Known) {
            pools.connect(endpoint, this, attempt);
        } else {
            enqueue(new Waiting(attempt, notBefore, pools.nanoTime()));
        }
    }

    private Http2UpstreamConfig http2() {
        return endpoint.http2(pools.http2());
    }

    private Http2UpstreamHandler withRoom(long notBefore) {
        Http2UpstreamHandler best = null;
        for (int i = 0; i < multiplexed.size(); i++) {
            Http2UpstreamHandler candidate = multiplexed.get(i);
            boolean isOld = notBefore != UpstreamPools.ANY && !candidate.isYoungerThan(notBefore);
            if (!isOld && candidate.hasRoom() && (best == null || candidate.streams() < best.streams())) {
                best = candidate;
            }
        }
        return best;
    }

    private Http1UpstreamHandler pollIdle() {
        boolean isReused = endpoint.isReused(pools.nanoTime());
        for (Http1UpstreamHandler newest = idle.pollFirst(); newest != null; newest = idle.pollFirst()) {
            if ((isReused || !newest.isUsed()) && newest.isUsable()) {
                return newest;
            }
            newest.retire(); // the upstream has closed it, or has sent what no request asked for
        }
        return null;
    }

    @Override
    public void onUnsolicited(int bytes) {
        pools.countUnsolicited(bytes);
        switch (endpoint.recordUnsolicited(pools.nanoTime())) {
            case FIRST -> LOG.warn("endpoint {} sent {} bytes that belong to no response; the connection is closed",
                    endpoint, bytes);
            case REPEATED -> LOG.warn("endpoint {} sent bytes that belong to no response again within a minute; its"
                    + " HTTP/1.1 connections are not reused for ten minutes", endpoint);
            case KNOWN -> LOG.debug("endpoint {} sent {} bytes that belong to no response", endpoint, bytes);
        }
    }

    private void enqueue(Waiting waiting) {
        if (queue.size() >= http2().maxQueued()) {
            queue.removeIf(other -> !other.attempt.isWanted());
        }
        if (queue.size() >= http2().maxQueued()) {
            waiting.attempt.onUpstreamBusy();
            return;
        }
        queue.add(waiting);
        connectForQueue();
    }

    /** Opens another connection if those being opened cannot serve the queue. */
    private void connectForQueue() {
        int standing = standing();
        // the first connection detects the endpoint's protocol
        int opening = standing == 0 ? 1 : http2().maxConnections();
        while (!pools.isClosed() && !queue.isEmpty() && queue.size() > (long) connecting * http2().maxStreams()
                && connecting < opening && standing + connecting < http2().maxConnections()) {
            connecting++;
            pools.connect(endpoint, this, null);
        }
    }

    /** Returns the number of ready HTTP/2 connections that still take streams. */
    private int standing() {
        int count = 0;
        for (int i = 0; i < multiplexed.size(); i++) {
            count += multiplexed.get(i).isGoingAway() ? 0 : 1;
        }
        return count;
    }

    /** Receives a connection that was opened for the queue and speaks HTTP/1.1. */
    void onHttp1(Http1UpstreamHandler connection) {
        connecting--;
        isHttp1Known = endpoint.versions() != HttpVersions.HTTP_2;
        Waiting first = pollWanted();
        if (first == null && idle.size() < endpoint.warmConnections()) {
            connection.park();
        } else if (first == null) {
            connection.retire(); // the attempt that it was opened for has gone
        } else {
            connection.assign(first.attempt);
            first.attempt.onConnected(connection);
        }
        for (Waiting next = pollWanted(); next != null; next = pollWanted()) {
            pools.connect(endpoint, this, next.attempt);
        }
    }

    /** Moves an attempt to the queue, because the connection opened for it turned out to speak HTTP/2. */
    void onUnexpectedHttp2(UpstreamListener attempt) {
        connecting++;
        isHttp1Known = false;
        queue.add(new Waiting(attempt, UpstreamPools.ANY, pools.nanoTime()));
    }

    /** Adds an HTTP/2 connection, which counts as ready once the upstream's SETTINGS have arrived. */
    @Override
    public void onReady(Http2UpstreamHandler connection) {
        connecting--;
        isHttp1Known = false;
        if (pools.isClosed()) {
            connection.retire();
            return;
        }
        multiplexed.add(connection);
        onRoom();
        connectForQueue();
        if (isLeft) {
            connection.retire(); // its streams go on
        }
    }

    /** Serves waiting attempts, because a connection may have room again. */
    @Override
    public void onRoom() {
        while (true) {
            Waiting next = pollWanted();
            Http2UpstreamHandler shared = next == null ? null : withRoom(next.notBefore);
            if (shared == null && next != null && connecting == 0) {
                shared = withRoom(UpstreamPools.ANY); // no newer connection is being opened
            }
            if (shared == null) {
                if (next != null) {
                    queue.addFirst(next);
                }
                return;
            }
            shared.assign(next.attempt);
        }
    }

    /** Opens another connection for waiting attempts if needed, because one takes no further streams. */
    @Override
    public void onLeaving() {
        connectForQueue();
    }

    /** Handles the failure of a connection that was opened for the queue. */
    void onConnectFailed(Throwable cause) {
        connecting--;
        endpoint.recordFailure(pools.nanoTime()); // once, regardless of how many attempts wait for it
        boolean isLast = connecting == 0 && standing() == 0;
        List<Waiting> failing = new ArrayList<>(); // collected before any of them tries again
        for (Waiting next = pollWanted(); next != null; next = isLast ? pollWanted() : null) {
            failing.add(next);
        }
        failing.forEach(waiting -> waiting.attempt.onConnectFailed(cause));
        connectForQueue();
    }

    private Waiting pollWanted() {
        Waiting next = queue.poll();
        while (next != null && !next.attempt.isWanted()) {
            next = queue.poll();
        }
        return next;
    }

    /** Takes back a connection whose exchange has ended. */
    @Override
    public void release(Http1UpstreamHandler connection) {
        long nowNanos = pools.nanoTime();
        if (isLeft || pools.isClosed() || connection.isOld(nowNanos)
                || connection.isUsed() && !endpoint.isReused(nowNanos)) {
            connection.retire();
            return;
        }
        connection.idleSince(nowNanos);
        idle.addFirst(connection);
    }

    @Override
    public void onClosed(Http1UpstreamHandler connection) {
        idle.remove(connection);
        pools.onClosed();
    }

    @Override
    public void onClosed(Http2UpstreamHandler connection, boolean wasReady) {
        pools.onClosed();
        if (wasReady) {
            multiplexed.remove(connection);
            connectForQueue();
        } else {
            onConnectFailed(new java.io.IOException("closed before its SETTINGS arrived"));
        }
    }

    /** Opens missing warm connections, unless the endpoint is failing. */
    void keepWarm(long nowNanos) {
        if (isLeft || pools.isClosed() || !pools.isWarmWanted() || nowNanos - warmedNanos < WARM_NANOS
                || endpoint.isEjectedOrProbed(nowNanos)) {
            return;
        }
        warmedNanos = nowNanos;
        int wanted = isHttp1Known ? endpoint.warmConnections() - idle.size() : standing() == 0 ? 1 : 0;
        while (connecting < wanted) {
            connecting++;
            pools.connect(endpoint, this, null);
        }
    }

    /** Keeps the pool open, because its endpoint is part of the active configuration. */
    void stay() {
        isLeft = false;
    }

    /** Returns whether the pool has no HTTP/2 connection, no waiting attempt and no connection being opened. */
    boolean isEmpty() {
        return multiplexed.isEmpty() && queue.isEmpty() && connecting == 0;
    }

    @Override
    public int takeWaiting(Channel channel) {
        return pools.takeWaiting(channel);
    }

    void onTick(long nowNanos, long maxIdleNanos) {
        closeOlderThan(nowNanos, maxIdleNanos);
        if (endpoint.warmConnections() > 0) {
            keepWarm(nowNanos);
        }
        // a copy, because onTick may remove the connection
        for (Http2UpstreamHandler connection : List.copyOf(multiplexed)) {
            connection.onTick(nowNanos, maxIdleNanos);
        }
        Iterator<Waiting> all = List.copyOf(queue).iterator();
        while (all.hasNext()) {
            Waiting waiting = all.next();
            if (nowNanos - waiting.sinceNanos <= http2().maxQueueTime().toNanos()) {
                return; // all later entries are newer
            }
            if (queue.remove(waiting)) {
                waiting.attempt.onUpstreamBusy();
            }
        }
    }

    private void closeOlderThan(long nowNanos, long maxIdleNanos) {
        for (Http1UpstreamHandler oldest = idle.peekLast(); oldest != null
                && nowNanos - oldest.idleSinceNanos() >= maxIdleNanos; oldest = idle.peekLast()) {
            idle.removeLast();
            oldest.retire();
        }
    }

    void close() {
        isLeft = true;
        closeOlderThan(pools.nanoTime(), Long.MIN_VALUE);
        List.copyOf(multiplexed).forEach(Http2UpstreamHandler::retire);
    }

    int idleCount() {
        return idle.size() + (int) multiplexed.stream().filter(connection -> connection.streams() == 0).count();
    }

    @Override
    public long endOfLifeNanos() {
        return pools.endOfLifeNanos();
    }

    @Override
    public long nanoTime() {
        return pools.nanoTime();
    }

    @Override
    public BodyPiece piece() {
        return pools.piece();
    }

    private record Waiting(UpstreamListener attempt, long notBefore, long sinceNanos) {
    }
}
