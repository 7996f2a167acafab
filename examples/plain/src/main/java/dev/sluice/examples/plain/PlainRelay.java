// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.plain;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.spi.Extensions;
import java.time.Duration;

/** A program that relays until it is told to stop, and then lets streams run to their end. */
public final class PlainRelay implements AutoCloseable {
    /** Time that streams have to end after the program was told to stop. */
    private static final Duration DRAIN = Duration.ofMinutes(2);

    private final Relay relay;

    PlainRelay(int port, String upstream, String upstreamKey, String callerKey) {
        RelayConfig config = RelayConfig.builder()
                .listen("127.0.0.1", port)
                .cluster(ClusterConfig.of("openai", EndpointConfig.of(upstream, upstreamKey)))
                .route(RouteConfig.of("gpt-*", "openai"))
                .key(KeyConfig.ofSecret("alice", callerKey))
                .timeouts(TimeoutConfig.builder().drain(DRAIN).build())
                .build();
        relay = Relay.launch(config, Extensions.builder()
                .usageSink(used -> System.out.println(used.principal() + " used " + used.usage()))
                .build());
    }

    /** Relays from port 8080 to {@code UPSTREAM_URL}; the keys are those of the environment. */
    public static void main(String[] args) {
        PlainRelay example = new PlainRelay(8080, System.getenv().getOrDefault("UPSTREAM_URL",
                "https://api.openai.com/v1"), System.getenv("OPENAI_API_KEY"), System.getenv("CALLER_KEY"));
        Runtime.getRuntime().addShutdownHook(new Thread(example::close, "drain"));
        System.out.println("http://127.0.0.1:" + example.port() + "/v1");
    }

    int port() {
        return relay.port();
    }

    /** Refuses new connections, waits for the streams in flight and stops. */
    @Override
    public void close() {
        relay.drain().join(); // completes after the drain timeout at the latest
        relay.close();
    }
}
