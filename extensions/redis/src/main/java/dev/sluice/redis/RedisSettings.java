// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The settings of a connection to Redis.
 *
 * @param url          {@code redis://host:6379} or {@code rediss://}, with {@code user:password@} and {@code /database}
 *                     if needed; or {@code redis-sentinel://host1:26379,host2:26379#name}
 * @param isCluster    whether the server is a node of a cluster, whose other nodes are found through it
 * @param passwordFile a file whose content is the password, read at each connect; null for that of the URL
 * @param caFile       trusted certificate authorities in PEM for {@code rediss://}; null for those of Java
 * @param onStoreLoss  the treatment of requests while the server does not answer
 * @param timeout      the time for one command, longer than zero
 * @param prefix       the beginning of all keys
 */
public record RedisSettings(String url, boolean isCluster, Path passwordFile, Path caFile,
        StoreLossPolicy onStoreLoss, Duration timeout, String prefix) {

    public RedisSettings {
        if (url == null || !url.matches("(redis|rediss|redis-sentinel)://.+")) {
            throw new IllegalArgumentException("url: " + (url == null ? "null" : "not such a URL")
                    + " (expected: redis://host:6379, rediss://host:6379 or redis-sentinel://host:26379#name)");
        }
        if (onStoreLoss == null) {
            throw new IllegalArgumentException("on_store_loss: null (expected: local, open or closed)");
        }
        if (timeout == null || timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: longer than zero)");
        }
        if (prefix == null || !prefix.matches("[A-Za-z0-9:_.-]{0,64}")) {
            throw new IllegalArgumentException("prefix: " + prefix + " (expected: up to 64 of A-Z a-z 0-9 : _ . -)");
        }
    }

    /**
     * Returns the settings of a single server: local limits while it does not answer, 20 ms for a command, and keys
     * that begin with {@code sl:}.
     *
     * @param url the server
     * @return the settings
     */
    public static RedisSettings of(String url) {
        return new RedisSettings(url, false, null, null, StoreLossPolicy.LOCAL, Duration.ofMillis(20), "sl:");
    }
}
