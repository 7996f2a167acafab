// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.config.Http2UpstreamConfig;
import dev.sluice.engine.config.HttpVersions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The connections of one loop to one endpoint.
 *
 * <p>Of HTTP/1.1, the idle ones, newest first: those that are not needed grow old and are closed before the upstream
 * would do it. Of HTTP/2, all of them: an attempt gets a stream of the one with the fewest; where none has room it
 * waits, within bounds, and another connection is opened as long as there may be more. As long as it is not known which
 * version an endpoint speaks, one connection is opened to find out, and attempts wait for it.
 */
final class UpstreamPool {
    private final Endpoint endpoint;
    private final UpstreamPools pools;
    private final Http2UpstreamConfig http2;
    private final ArrayDeque<Http1UpstreamHandler> idle = new ArrayDeque<>();
    private final List<Http2UpstreamHandler> multiplexed = new ArrayList<>();
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private int connecting;
    private boolean isHttp1Known;

    UpstreamPool(Endpoint endpoint, UpstreamPools pools, Http2UpstreamConfig http2) {
        this.endpoint = endpoint;
        this.pools = pools;
        this.http2 = http2;
        isHttp1Known = endpoint.versions() == HttpVersions.HTTP_1
                || endpoint.versions() == HttpVersions.AUTO && !endpoint.isTls();
    }

    /**
     * Gives an attempt what carries it, at once or later.
     *
     * @param isFresh whether an HTTP/1.1 connection that was used before will not do
     */
    void acquire(boolean isFresh, UpstreamListener attempt) {
        Http2UpstreamHandler shared = withRoom();
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
            enqueue(attempt);
        }
    }

    private Http2UpstreamHandler withRoom() {
        Http2UpstreamHandler best = null;
        for (int i = 0; i < multiplexed.size(); i++) {
            Http2UpstreamHandler candidate = multiplexed.get(i);
            if (candidate.hasRoom() && (best == null || candidate.streams() < best.streams())) {
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
        }
        return null;
    }

    private void enqueue(UpstreamListener attempt) {
        if (queue.size() >= http2.maxQueued()) {
            queue.removeIf(waiting -> !waiting.attempt.isWanted());
        }
        if (queue.size() >= http2.maxQueued()) {
            attempt.onUpstreamBusy();
            return;
        }
        queue.add(new Waiting(attempt, pools.nanoTime()));
        connectForQueue();
    }

    /** Opens another connection where those that are being opened will not do. */
    private void connectForQueue() {
        int opening = multiplexed.isEmpty() ? 1 : http2.maxConnections(); // one finds out what the endpoint speaks
        while (!queue.isEmpty() && queue.size() > (long) connecting * http2.maxStreams() && connecting < opening
                && multiplexed.size() + connecting < http2.maxConnections()) {
            connecting++;
            pools.connect(endpoint, this, null);
        }
    }

    /** A connection that was opened for the queue stands, and it speaks HTTP/1.1. */
    void onHttp1(Http1UpstreamHandler connection) {
        connecting--;
        isHttp1Known = endpoint.versions() != HttpVersions.HTTP_2;
        Waiting first = pollWanted();
        if (first == null) {
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
        queue.add(new Waiting(attempt, pools.nanoTime()));
    }

    /** A connection of HTTP/2 stands; it counts from when the upstream's SETTINGS have come. */
    void onReady(Http2UpstreamHandler connection) {
        connecting--;
        isHttp1Known = false;
        if (pools.isClosed()) {
            connection.retire();
            return;
        }
        multiplexed.add(connection);
        onRoom();
        connectForQueue();
    }

    /** A connection may have come to have room. */
    void onRoom() {
        while (!queue.isEmpty()) {
            Http2UpstreamHandler shared = withRoom();
            if (shared == null) {
                return;
            }
            Waiting next = pollWanted();
            if (next != null) {
                shared.assign(next.attempt);
            }
        }
    }

    /** A connection that was opened for the queue does not come to stand. */
    void onConnectFailed(Throwable cause) {
        connecting--;
        boolean isLast = connecting == 0 && multiplexed.isEmpty();
        int failing = isLast ? queue.size() : Math.min(1, queue.size());
        for (int i = 0; i < failing; i++) {
            Waiting waiting = queue.poll();
            if (waiting != null) {
                waiting.attempt.onConnectFailed(cause);
            }
        }
    }

    private Waiting pollWanted() {
        Waiting next = queue.poll();
        while (next != null && !next.attempt.isWanted()) {
            next = queue.poll();
        }
        return next;
    }

    /** Takes back a connection whose exchange is over. */
    void release(Http1UpstreamHandler connection) {
        if (pools.isClosed()) {
            connection.retire();
            return;
        }
        connection.idleSince(pools.nanoTime());
        idle.addFirst(connection);
    }

    void onClosed(Http1UpstreamHandler connection) {
        idle.remove(connection);
        pools.onClosed();
    }

    void onClosed(Http2UpstreamHandler connection, boolean wasReady) {
        pools.onClosed();
        if (wasReady) {
            multiplexed.remove(connection);
            connectForQueue();
        } else {
            onConnectFailed(new java.io.IOException("closed before its SETTINGS had come"));
        }
    }

    void onTick(long nowNanos, long maxIdleNanos) {
        closeOlderThan(nowNanos, maxIdleNanos);
        for (Http2UpstreamHandler connection : List.copyOf(multiplexed)) { // one may leave the list
            connection.onTick(nowNanos, maxIdleNanos);
        }
        Iterator<Waiting> all = List.copyOf(queue).iterator();
        while (all.hasNext()) {
            Waiting waiting = all.next();
            if (nowNanos - waiting.sinceNanos <= http2.maxQueueTime().toNanos()) {
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
        closeOlderThan(pools.nanoTime(), Long.MIN_VALUE);
        List.copyOf(multiplexed).forEach(Http2UpstreamHandler::retire);
    }

    int idleCount() {
        return idle.size() + (int) multiplexed.stream().filter(connection -> connection.streams() == 0).count();
    }

    long nanoTime() {
        return pools.nanoTime();
    }

    private record Waiting(UpstreamListener attempt, long sinceNanos) {
    }
}
