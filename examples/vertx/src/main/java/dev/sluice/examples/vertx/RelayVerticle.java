// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.vertx;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;

/** A verticle that starts a relay and stops it after its streams have ended. The relay has event loops of its own. */
public final class RelayVerticle extends VerticleBase {
    private final RelayConfig config;
    private volatile Relay relay;

    RelayVerticle(RelayConfig config) {
        this.config = config;
    }

    /** Serves a page on port 8080 and relays from port 8081; the keys are those of the environment. */
    public static void main(String[] args) {
        Vertx vertx = Vertx.vertx();
        vertx.createHttpServer().requestHandler(request -> request.response().end("hello"))
                .listen(8080, "127.0.0.1")
                .compose(server -> vertx.deployVerticle(new RelayVerticle(config(8081, "https://api.openai.com/v1",
                        System.getenv("OPENAI_API_KEY"), System.getenv("CALLER_KEY")))))
                .onFailure(Throwable::printStackTrace);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> vertx.close().await()));
    }

    static RelayConfig config(int port, String upstream, String upstreamKey, String callerKey) {
        return RelayConfig.builder()
                .listen("127.0.0.1", port)
                .cluster(ClusterConfig.of("openai", EndpointConfig.of(upstream, upstreamKey)))
                .route(RouteConfig.of("gpt-*", "openai"))
                .key(KeyConfig.ofSecret("alice", callerKey))
                .build();
    }

    int port() {
        return relay.port();
    }

    @Override
    public Future<?> start() {
        return vertx.executeBlocking(() -> relay = Relay.launch(config)); // binds, so not on an event loop
    }

    @Override
    public Future<?> stop() {
        return Future.fromCompletionStage(relay.drain(), context).compose(drained -> vertx.executeBlocking(() -> {
            relay.close();
            return null;
        }));
    }
}
