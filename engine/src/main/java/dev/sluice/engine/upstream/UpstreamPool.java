// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import java.util.ArrayDeque;

/**
 * The idle connections of one loop to one endpoint, newest first: the ones that are not needed grow old and are closed
 * before the upstream would do it.
 */
final class UpstreamPool {
    private final ArrayDeque<Http1UpstreamHandler> idle = new ArrayDeque<>();
    private final UpstreamPools pools;

    UpstreamPool(UpstreamPools pools) {
        this.pools = pools;
    }

    /** Returns a connection that can be used now, or null. */
    Http1UpstreamHandler poll() {
        for (Http1UpstreamHandler newest = idle.pollFirst(); newest != null; newest = idle.pollFirst()) {
            if (newest.isUsable()) {
                return newest;
            }
        }
        return null;
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

    /** Closes what has been idle for longer than {@code maxIdleNanos}. */
    void closeOlderThan(long nowNanos, long maxIdleNanos) {
        for (Http1UpstreamHandler oldest = idle.peekLast(); oldest != null
                && nowNanos - oldest.idleSinceNanos() >= maxIdleNanos; oldest = idle.peekLast()) {
            idle.removeLast();
            oldest.retire();
        }
    }

    int idleCount() {
        return idle.size();
    }
}
