// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.example;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Extensions;

/**
 * The README's example: a program that serves until it is told to stop. The README quotes the lines between the marks;
 * {@link ReadmeTest} compares the two, and {@link EmbeddedRelayIT} sends a request through it.
 */
final class EmbeddedRelay {
    private EmbeddedRelay() {
    }

    /** Starts the relay; the arguments are the port to listen on, the upstream's URL and its key. */
    public static void main(String[] args) {
        start(Integer.parseInt(args[0]), args[1], args[2]);
    }

    static Relay start(int port, String upstream, String upstreamKey) {
        // [embed]
        RelayConfig config = RelayConfig.builder()
                .listen("127.0.0.1", port)
                .cluster(ClusterConfig.of("openai", EndpointConfig.of(upstream, upstreamKey)))
                .route(RouteConfig.of("gpt-*", "openai"))
                .key(KeyConfig.ofSecret("alice", "sk-of-alice"))
                .build();
        Relay relay = Relay.launch(config, Extensions.builder()
                .usageSink(used -> System.out.println(used.principal() + " used " + used.usage()))
                .build());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            relay.drain().join(); // streams run to their end, within the drain timeout
            relay.close();
        }));
        System.out.println("http://127.0.0.1:" + relay.port() + "/v1"); // serves until the process is told to stop
        // [embed]
        return relay;
    }
}
