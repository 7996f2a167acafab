// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.protocol.ConnectionIntent;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to the server. A question that is not answered in time has failed; after some failures nothing is
 * asked for a while, so that a slow server costs one timeout and not one for each request.
 *
 * <p><b>Threading:</b> any. The client has threads of its own, on which answers arrive.
 */
final class Server implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Server.class);
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final int MAX_QUEUED = 10_000;
    private static final RuntimeException LOST = new IllegalStateException("the store is not asked now");

    private final RedisSettings settings;
    private final String shown;
    private final Breaker breaker = new Breaker();
    private final RoundTrips trips = new RoundTrips();
    private final ClientResources resources;
    private final RedisClient client;
    private final RedisClusterClient cluster;
    private volatile RedisClusterAsyncCommands<String, String> commands; // null before the first connect
    private StatefulConnection<String, String> connection;
    private boolean isFailureLogged;

    /** Prepares the client; {@link #connect} connects it. */
    Server(RedisSettings settings) {
        this.settings = settings;
        RedisURI uri = uri(settings);
        shown = settings.url().replaceFirst("//[^@/]*@", "//");
        resources = DefaultClientResources.builder().ioThreadPoolSize(2).computationThreadPoolSize(2).build();
        SocketOptions socket = SocketOptions.builder().connectTimeout(CONNECT).keepAlive(true).tcpNoDelay(true)
                .build();
        SslOptions tls = settings.caFile() == null ? SslOptions.create()
                : SslOptions.builder().trustManager(settings.caFile().toFile()).build();
        if (settings.isCluster()) {
            client = null;
            cluster = RedisClusterClient.create(resources, uri);
            cluster.setOptions(ClusterClientOptions.builder().topologyRefreshOptions(
                    ClusterTopologyRefreshOptions.builder().adaptiveRefreshTriggersTimeout(Duration.ofSeconds(1))
                            .enablePeriodicRefresh(Duration.ofSeconds(30)).build())
                    .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                    .requestQueueSize(MAX_QUEUED).socketOptions(socket).sslOptions(tls).build());
        } else {
            cluster = null;
            client = RedisClient.create(resources, uri);
            client.setOptions(ClientOptions.builder()
                    .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                    .requestQueueSize(MAX_QUEUED).socketOptions(socket).sslOptions(tls).build());
        }
    }

    private static RedisURI uri(RedisSettings settings) {
        RedisURI uri = RedisURI.create(settings.url());
        uri.setTimeout(CONNECT); // of the handshake; a question has a shorter one
        if (settings.passwordFile() != null) {
            String user = settings.url().matches("\\w+://[^@/:]+:?[^@/]*@.*")
                    ? settings.url().replaceFirst("\\w+://([^@/:]+).*", "$1") : null;
            uri.setCredentialsProvider(RedisCredentialsProvider.from(() -> RedisCredentials.just(user,
                    password(settings.passwordFile()))));
        }
        return uri;
    }

    private static String password(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("password_file: " + file + " cannot be read (expected: a file with the"
                    + " password)", e);
        }
    }

    /**
     * Connects, unless there is a connection; blocks. Later interruptions are repaired by the client.
     *
     * @param first a question that is answered before others are asked, and may take longer than they
     * @return whether there is a connection
     */
    synchronized boolean connect(Function<RedisClusterAsyncCommands<String, String>, CompletableFuture<?>> first) {
        if (commands != null) {
            return true;
        }
        try {
            use(open(), first);
            LOG.info("limits and owners are shared through {}", shown);
            isFailureLogged = false;
            return true;
        } catch (RuntimeException e) {
            if (!isFailureLogged) {
                isFailureLogged = true;
                LOG.warn("{} cannot be reached: {}; requests are treated as if it were lost ({}) until it can", shown,
                        rootOf(e).getMessage(), settings.onStoreLoss().name().toLowerCase(Locale.ROOT));
            }
            return false;
        }
    }

    private RedisClusterAsyncCommands<String, String> open() {
        if (cluster != null) {
            StatefulRedisClusterConnection<String, String> opened = cluster.connect();
            connection = opened;
            // Otherwise the first command to each node would be one without a connection.
            opened.getPartitions().forEach(node -> opened.getConnection(node.getUri().getHost(),
                    node.getUri().getPort(), ConnectionIntent.WRITE));
            return opened.async();
        }
        StatefulRedisConnection<String, String> opened = client.connect();
        connection = opened;
        return opened.async();
    }

    /**
     * Connects once, and asks what the server is; blocks.
     *
     * @param first as for {@link #connect}
     * @return the server's name and version, and how it runs
     * @throws IllegalStateException if it cannot be reached, or refuses a command that relays need
     */
    synchronized String probe(Function<RedisClusterAsyncCommands<String, String>, CompletableFuture<?>> first) {
        try {
            RedisClusterAsyncCommands<String, String> opened = open();
            use(opened, first);
            String info = opened.info("server").toCompletableFuture().orTimeout(CONNECT.toNanos(), TimeUnit.NANOSECONDS)
                    .join();
            String valkey = line(info, "valkey_version");
            return (valkey == null ? "Redis " + line(info, "redis_version") : "Valkey " + valkey) + ", "
                    + line(info, "redis_mode");
        } catch (RuntimeException e) {
            throw new IllegalStateException(shown + ": " + rootOf(e).getMessage(), e);
        }
    }

    private static String line(String info, String name) {
        return info.lines().filter(line -> line.startsWith(name + ':')).map(line -> line.substring(name.length() + 1)
                .strip()).findFirst().orElse(null);
    }

    private void use(RedisClusterAsyncCommands<String, String> connected,
            Function<RedisClusterAsyncCommands<String, String>, CompletableFuture<?>> first) {
        try {
            first.apply(connected).orTimeout(CONNECT.toNanos(), TimeUnit.NANOSECONDS).join();
            commands = connected;
        } finally {
            if (commands == null) {
                connection.closeAsync();
            }
        }
    }

    private static Throwable rootOf(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /** Returns the times that commands have taken. */
    RoundTrips trips() {
        return trips;
    }

    /** Returns whether the server is expected to answer. */
    boolean isAnswering() {
        return commands != null && !breaker.isOpen();
    }

    /**
     * Asks the server.
     *
     * @param question issues the command
     * @return completes with the answer, or exceptionally within the time for a command
     */
    <T> CompletableFuture<T> ask(Function<RedisClusterAsyncCommands<String, String>, CompletableFuture<T>> question) {
        RedisClusterAsyncCommands<String, String> now = commands;
        long askedNanos = System.nanoTime();
        if (now == null || !breaker.mayAsk(askedNanos)) {
            return CompletableFuture.failedFuture(LOST);
        }
        CompletableFuture<T> asked;
        try {
            asked = question.apply(now).copy();
        } catch (RuntimeException e) {
            asked = CompletableFuture.failedFuture(e);
        }
        return asked.orTimeout(settings.timeout().toNanos(), TimeUnit.NANOSECONDS).whenComplete((answer, failure) -> {
            trips.record(System.nanoTime() - askedNanos, failure != null);
            if (failure == null && breaker.onSuccess(askedNanos)) {
                LOG.info("{} answers again", shown);
            } else if (failure != null && breaker.onFailure(askedNanos, System.nanoTime())) {
                LOG.warn("{} does not answer ({}); requests are treated as if it were lost ({}) until it does", shown,
                        rootOf(failure).toString(),
                        settings.onStoreLoss().name().toLowerCase(Locale.ROOT));
            }
        });
    }

    @Override
    public void close() {
        synchronized (this) {
            if (connection != null) {
                connection.close();
            }
        }
        if (client != null) {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        } else {
            cluster.shutdown(0, 2, TimeUnit.SECONDS);
        }
        resources.shutdown(0, 2, TimeUnit.SECONDS);
    }
}
