// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.vertx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.tools.mock.RelayProbe;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

class RelayVerticleTest {
    @Test
    void shouldRelayBesideAnHttpServer() throws Exception {
        Vertx vertx = Vertx.vertx();
        try (RelayProbe probe = new RelayProbe()) {
            HttpServer server = vertx.createHttpServer().requestHandler(request -> request.response().end("hello"))
                    .listen(0, "127.0.0.1").await();
            RelayVerticle verticle = new RelayVerticle(RelayVerticle.config(0, probe.url(), "sk-upstream",
                    "sk-of-alice"));
            String id = vertx.deployVerticle(verticle).await();
            assertEquals("hello", probe.get(server.actualPort(), "/").body());
            probe.requireEveryByte(verticle.port(), "sk-of-alice");
            vertx.undeploy(id).await();
            assertThrows(ConnectException.class, () -> probe.ask(verticle.port(), "sk-of-alice"));
        } finally {
            vertx.close().await();
        }
    }
}
