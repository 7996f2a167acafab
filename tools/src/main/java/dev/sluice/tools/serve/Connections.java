// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.redis.RedisSettings;
import dev.sluice.redis.RedisState;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;

/** The attempts of {@code sluice check --connect}: what a configuration names, is it there? */
final class Connections {
    private static final int TIMEOUT_MILLIS = (int) Duration.ofSeconds(5).toMillis();

    private Connections() {
    }

    /** Prints a line for each address; returns whether all can be reached. */
    static boolean print(LoadedConfig loaded, PrintWriter out) {
        boolean isReached = true;
        Set<String> tried = new LinkedHashSet<>();
        for (ClusterConfig cluster : loaded.config().clusters()) {
            for (EndpointConfig endpoint : cluster.endpoints()) {
                String host = endpoint.baseUrl().getHost();
                if (tried.add(host + ':' + endpoint.port())) {
                    isReached &= printEndpoint(host, endpoint.port(), out);
                }
            }
        }
        RedisSettings redis = loaded.state().redis();
        return (redis == null || printStore(redis, out)) && isReached;
    }

    private static boolean printEndpoint(String host, int port, PrintWriter out) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), TIMEOUT_MILLIS);
            out.println("connect  " + host + ':' + port + ": accepts connections");
            return true;
        } catch (UnknownHostException e) {
            out.println("connect  " + host + ':' + port + ": the name cannot be resolved");
        } catch (IOException e) {
            out.println("connect  " + host + ':' + port + ": " + e.getMessage());
        }
        return false;
    }

    private static boolean printStore(RedisSettings settings, PrintWriter out) {
        try {
            out.println("connect  state.redis: " + RedisState.probe(settings));
            return true;
        } catch (IllegalStateException e) {
            out.println("connect  state.redis: " + e.getMessage());
            return false;
        }
    }
}
