// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.quota;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Extensions;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** A program that relays as long as its callers have tokens left. */
public final class PrepaidRelay {
    private PrepaidRelay() {
    }

    /** Relays from port 8080; the keys are those of the environment. */
    public static void main(String[] args) {
        Relay relay = start(8080, "https://api.openai.com/v1", System.getenv("OPENAI_API_KEY"),
                System.getenv("CALLER_KEY"), accounts(new ConcurrentHashMap<>(Map.of("alice", 1_000_000L))));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            relay.drain().join();
            relay.close();
        }));
    }

    /** Returns accounts that answer on another thread, as if they were remote. */
    static PrepaidQuota.Accounts accounts(Map<String, Long> tokens) {
        return new PrepaidQuota.Accounts() {
            @Override
            public CompletionStage<Boolean> take(String caller, long count) {
                return CompletableFuture.supplyAsync(() -> {
                    boolean[] isTaken = new boolean[1];
                    tokens.computeIfPresent(caller, (name, left) -> {
                        isTaken[0] = left > 0;
                        return isTaken[0] ? left - count : left;
                    });
                    return isTaken[0];
                });
            }

            @Override
            public void giveBack(String caller, long count) {
                tokens.merge(caller, count, Long::sum);
            }
        };
    }

    static Relay start(int port, String upstream, String upstreamKey, String callerKey,
            PrepaidQuota.Accounts accounts) {
        RelayConfig config = RelayConfig.builder()
                .listen("127.0.0.1", port)
                .cluster(ClusterConfig.of("openai", EndpointConfig.of(upstream, upstreamKey)))
                .route(RouteConfig.of("gpt-*", "openai"))
                .key(KeyConfig.ofSecret("alice", callerKey))
                .build();
        return Relay.launch(config, Extensions.builder().requestQuota(new PrepaidQuota(accounts)).build());
    }
}
