// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.authenticator;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.Principal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A program that relays for the callers of a directory, who identify themselves by signed tokens. */
public final class SignedRelay {
    private static final Map<String, Principal> DIRECTORY = Map.of("blue", Principal.of("blue", List.of("gpt-5*")),
            "green", Principal.of("green"));

    private SignedRelay() {
    }

    /** Relays from port 8080; the keys are those of the environment. */
    public static void main(String[] args) {
        TokenAuthenticator tokens = authenticator(System.getenv("TOKEN_SECRET").getBytes(StandardCharsets.UTF_8));
        System.out.println("a token: " + tokens.sign("blue"));
        Relay relay = start(8080, "https://api.openai.com/v1", System.getenv("OPENAI_API_KEY"), tokens,
                System.out::println);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            relay.drain().join();
            relay.close();
        }));
    }

    /** Returns an authenticator that asks the directory on another thread, as if it were a remote one. */
    static TokenAuthenticator authenticator(byte[] secret) {
        return new TokenAuthenticator(secret, name -> CompletableFuture.supplyAsync(() -> DIRECTORY.get(name)));
    }

    static Relay start(int port, String upstream, String upstreamKey, TokenAuthenticator tokens,
            Consumer<String> lines) {
        RelayConfig config = RelayConfig.builder() // needs no keys, because there is an authenticator
                .listen("127.0.0.1", port)
                .cluster(ClusterConfig.of("openai", EndpointConfig.of(upstream, upstreamKey)))
                .route(RouteConfig.of("gpt-*", "openai"))
                .build();
        return Relay.launch(config, Extensions.builder()
                .authenticator(tokens)
                .observer(new CallerObserver(lines))
                .build());
    }
}
