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

/**
 * The connections of one loop to one endpoint.
 *
 * <p>Of HTTP/1.1, the idle ones, newest first: those that are not needed grow old and are closed before the upstream
 * would do it. Of HTTP/2, all of them: an attempt gets a stream of the one with the fewest; where none has room it
 * waits, within bounds, and another connection is opened as long as there may be more. As long as it is not known which
 * version an endpoint speaks, one connection is opened to find out, and attempts wait for it.
 */
final class UpstreamPool implements Http1UpstreamHandler.Pool, Http2UpstreamHandler.Pool {
    /** How often missing connections are opened. */
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
     * @param isLeft whether no connection is to stay in it
     */
    UpstreamPool(Endpoint endpoint, UpstreamPools pools, boolean isLeft) {
        this.isLeft = isLeft;
        this.endpoint = endpoint;
        this.pools = pools;
        isHttp1Known = endpoint.versions() == HttpVersions.HTTP_1
                || endpoint.versions() == HttpVersions.AUTO && !endpoint.isTls();
    }

    /**
     * Gives an attempt what carries it, at once or later.
     *
     * @param notBefore what stood at that time will not do; {@link UpstreamPools#ANY} for whatever there is
     */
    void acquire(long notBefore, UpstreamListener attempt) {
        boolean isFresh = notBefore != UpstreamPools.ANY;
        Http2UpstreamHandler shared = withRoom(notBefore);
        if (shared == null && standing() + connecting >= http2().maxConnections()) {
            shared = withRoom(UpstreamPools.ANY); // there will be no younger one
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
        for (Http1UpstreamHandler newest = idle.pollFirst(); newest != null; newest = idle.pollFirst()) {
            if (newest.isUsable()) {
                return newest;
            }
            newest.retire(); // the upstream has closed it
        }
        return null;
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

    /** Opens another connection where those that are being opened will not do. */
    private void connectForQueue() {
        int standing = standing();
        int opening = standing == 0 ? 1 : http2().maxConnections(); // one finds out what the endpoint speaks
        while (!pools.isClosed() && !queue.isEmpty() && queue.size() > (long) connecting * http2().maxStreams()
                && connecting < opening && standing + connecting < http2().maxConnections()) {
            connecting++;
            pools.connect(endpoint, this, null);
        }
    }

    /** Returns how many connections of HTTP/2 stand and are not about to leave. */
    private int standing() {
        int count = 0;
        for (int i = 0; i < multiplexed.size(); i++) {
            count += multiplexed.get(i).isGoingAway() ? 0 : 1;
        }
        return count;
    }

    /** A connection that was opened for the queue stands, and it speaks HTTP/1.1. */
    void onHttp1(Http1UpstreamHandler connection) {
        connecting--;
        isHttp1Known = endpoint.versions() != HttpVersions.HTTP_2;
        Waiting first = pollWanted();
        if (first == null && idle.size() < endpoint.warmConnections()) {
            connection.park();
        } else if (first == null) {
            connection.retire(); // whom it was for is gone
        } else {
            connection.assign(first.attempt);
            first.attempt.onConnected(connection);
        }
        for (Waiting next = pollWanted(); next != null; next = pollWanted()) {
            pools.connect(endpoint, this, next.attempt);
        }
    }

    /** A connection that was opened for one attempt turns out to be of HTTP/2: it is one of the queue's now. */
    void onUnexpectedHttp2(UpstreamListener attempt) {
        connecting++;
        isHttp1Known = false;
        queue.add(new Waiting(attempt, UpstreamPools.ANY, pools.nanoTime()));
    }

    /** A connection of HTTP/2 stands; it counts from when the upstream's SETTINGS have come. */
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

    /** A connection may have come to have room. */
    @Override
    public void onRoom() {
        while (true) {
            Waiting next = pollWanted();
            Http2UpstreamHandler shared = next == null ? null : withRoom(next.notBefore);
            if (shared == null && next != null && connecting == 0) {
                shared = withRoom(UpstreamPools.ANY); // no younger one will come
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

    /** A connection takes no further streams: what waits may need another. */
    @Override
    public void onLeaving() {
        connectForQueue();
    }

    /** A connection that was opened for the queue does not come to stand. */
    void onConnectFailed(Throwable cause) {
        connecting--;
        endpoint.recordFailure(pools.nanoTime()); // once, however many wait for it
        boolean isLast = connecting == 0 && standing() == 0;
        List<Waiting> failing = new ArrayList<>(); // before any of them tries again
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

    /** Takes back a connection whose exchange is over. */
    @Override
    public void release(Http1UpstreamHandler connection) {
        if (isLeft || pools.isClosed() || connection.isOld(pools.nanoTime())) {
            connection.retire();
            return;
        }
        connection.idleSince(pools.nanoTime());
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
            onConnectFailed(new java.io.IOException("closed before its SETTINGS had come"));
        }
    }

    /** Opens what is missing of the connections that are kept ready; not to an endpoint that fails. */
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

    /** Its endpoint is one of the configuration. */
    void stay() {
        isLeft = false;
    }

    /** Returns whether nothing is under way. */
    boolean isEmpty() {
        return multiplexed.isEmpty() && queue.isEmpty() && connecting == 0;
    }

    @Override
    public boolean isOpenAtPeer(Channel channel) {
        return pools.isOpenAtPeer(channel);
    }

    void onTick(long nowNanos, long maxIdleNanos) {
        closeOlderThan(nowNanos, maxIdleNanos);
        if (endpoint.warmConnections() > 0) {
            keepWarm(nowNanos);
        }
        for (Http2UpstreamHandler connection : List.copyOf(multiplexed)) { // one may leave the list
            connection.onTick(nowNanos, maxIdleNanos);
        }
        Iterator<Waiting> all = List.copyOf(queue).iterator();
        while (all.hasNext()) {
            Waiting waiting = all.next();
            if (nowNanos - waiting.sinceNanos <= http2().maxQueueTime().toNanos()) {
                return; // and so are all behind it
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
