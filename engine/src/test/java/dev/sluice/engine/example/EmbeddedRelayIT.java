// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.example;

import static org.junit.jupiter.api.Assertions.assertTrue;

// [embed]
import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Extensions;
// [embed]
import org.junit.jupiter.api.Test;

/** The README's example. What stands between the marks is quoted there; a test compares the two. */
class EmbeddedRelayIT {

    @Test
    void shouldEmbedARelay() throws Exception {
        // [embed]
        RelayConfig config = RelayConfig.builder()
                .listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("openai", EndpointConfig.of("https://api.openai.com/v1", "sk-upstream")))
                .route(RouteConfig.of("gpt-*", "openai"))
                .key(KeyConfig.ofSecret("alice", "sk-of-alice"))
                .build();
        try (Relay relay = Relay.launch(config, Extensions.NONE.withUsageSink(used ->
                System.out.println(used.principal() + " used " + used.usage() + " of " + used.model())))) {
            System.out.println("http://127.0.0.1:" + relay.port() + "/v1");
            relay.drain().join(); // lets running exchanges end; close() then stops the rest
        }
        // [embed]
        assertTrue(config.listeners().size() == 1);
    }
}
