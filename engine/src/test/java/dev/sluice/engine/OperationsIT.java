// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.config.TransportConfig;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.MetricsFormat;
import dev.sluice.engine.spi.MetricsSnapshot;
import dev.sluice.engine.spi.ObservedExchange;
import dev.sluice.engine.spi.Principal;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Transports, admin pages, metrics, models, draining. */
@ParameterizedClass
@EnumSource(names = {"EPOLL", "IO_URING", "NIO"})
class OperationsIT extends RelayFixture {
    private static final String ANSWER = eventStreamHead() + chunk(CREATED + DELTA + COMPLETED) + "0\r\n\r\n";

    @ParameterizedTest
    @EnumSource(TransportConfig.Kind.class)
    void shouldRelayOverEveryTransport(TransportConfig.Kind kind) throws Exception {
        try {
            launch(route -> route, builder -> builder.transport(new TransportConfig(kind, 1, false)));
        } catch (IllegalStateException unavailable) {
            // Only a transport requested by name may be unavailable, and the message gives the reason.
            assertFalse(kind == TransportConfig.Kind.AUTO || kind == TransportConfig.Kind.NIO);
            assertTrue(unavailable.getMessage().contains("expected: its native library"), unavailable.getMessage());
            return;
        }
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(ANSWER);
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            assertEquals(CREATED + DELTA + COMPLETED, client.write(post(BODY)).readMessage().text());
        }
    }

    @Test
    void shouldServeAdminPages() throws Exception {
        MetricsFormat format = new MetricsFormat() {
            @Override
            public String contentType(String accept) {
                return "text/x";
            }

            @Override
            public void write(MetricsSnapshot snapshot, String accept, OutputStream out) throws IOException {
                out.write(("counters " + snapshot.counters().size()).getBytes(StandardCharsets.UTF_8));
            }
        };
        launch(route -> route, builder -> builder.admin(new AdminConfig("127.0.0.1", 0)),
                extensionsBuilder().metricsFormat(format).build());

        assertEquals("live\n", admin("/health/live").text());
        assertEquals("ready\n", admin("/health/ready").text());
        assertEquals("counters 21", admin("/metrics").text());
        assertTrue(admin("/metrics").head().contains("content-type: text/x"));
        assertTrue(admin("/other").head().startsWith("HTTP/1.1 404 "));
        relay.drain();
        assertTrue(admin("/health/ready").head().startsWith("HTTP/1.1 503 "));
        assertEquals("live\n", admin("/health/live").text());
    }

    private RawPeer.Message admin(String path) throws IOException {
        try (RawPeer client = RawPeer.connect(relay.adminPort())) {
            return client.write("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").readMessage();
        }
    }

    @Test
    void shouldCountAndTime() throws Exception {
        launch();
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                peer.write(ANSWER);
            }
        });
        try (RawPeer client = connect()) {
            for (int i = 0; i < 3; i++) {
                client.write(post(BODY)).readMessage();
                takeUsage();
            }
        }

        MetricsSnapshot metrics = relay.metrics();
        Map<String, Long> counters = metrics.counters().stream()
                .collect(Collectors.toMap(MetricsSnapshot.Value::name, MetricsSnapshot.Value::value));
        assertEquals(3, counters.get("exchanges_started"));
        assertEquals(3, counters.get("exchanges_completed"));
        assertEquals(9, counters.get("events"));
        assertEquals(9, counters.get("input_tokens"));
        assertEquals(15, counters.get("output_tokens"));
        assertEquals(3L * BODY.length(), counters.get("request_bytes"));
        Map<String, Long> timings = metrics.timings().stream()
                .collect(Collectors.toMap(MetricsSnapshot.Timing::name, MetricsSnapshot.Timing::count));
        assertEquals(3, timings.get("time_to_first_event"));
        assertEquals(6, timings.get("event_gap"));
        assertEquals(3, timings.get("exchange_time"));
    }

    @Test
    void shouldListTheModelsOfItsRoutes() throws Exception {
        launch(route -> route, builder -> builder.route(RouteConfig.of("o-mini", "up"))
                .route(RouteConfig.of("v/x", "up")));
        try (RawPeer client = connect()) {
            String list = client.write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").readMessage().text();
            String codex = client.write("GET /v1/models?client_version=1 HTTP/1.1\r\nHost: a\r\n\r\n").readMessage()
                    .text();
            String one = client.write("GET /v1/models/o-mini HTTP/1.1\r\nHost: a\r\n\r\n").readMessage().text();
            String escaped = client.write("GET /v1/models/v%2Fx HTTP/1.1\r\nHost: a\r\n\r\n").readMessage().text();
            String nested = client.write("GET /v1/models/v/x HTTP/1.1\r\nHost: a\r\n\r\n").readMessage().text();
            assertEquals(escaped, nested);
            assertTrue(nested.startsWith("{\"id\":\"v/x\","), nested);
            String none = client.write("GET /v1/models/x HTTP/1.1\r\nHost: a\r\n\r\n").readMessage().text();

            assertTrue(list.matches("\\{\"object\":\"list\",\"data\":\\[\\{\"id\":\"o-mini\",\"object\":\"model\","
                    + "\"created\":\\d+,\"owned_by\":\"up\"},.*]}"), list);
            assertTrue(codex.endsWith(",\"models\":[]}"), codex);
            assertTrue(one.startsWith("{\"id\":\"o-mini\","), one);
            assertTrue(none.contains("model_not_found"), none);
        }
    }

    /**
     * A drain lets exchanges in flight finish, serves one more request per kept-alive connection and accepts no new
     * connections.
     */
    @Test
    void shouldDrainWithoutCuttingAStream() throws Exception {
        launch();
        CountDownLatch draining = new CountDownLatch(1);
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED));
            assertTrue(draining.await(20, TimeUnit.SECONDS));
            peer.write(chunk(COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        }).then(peer -> {
            peer.readMessage();
            peer.write(ANSWER);
            peer.awaitClose();
        });

        try (RawPeer client = connect(); RawPeer keptAlive = connect()) {
            client.write(post(BODY)).readUntil(CREATED);
            keptAlive.write("GET /v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n").readMessage();
            CompletableFuture<Void> drained = relay.drain();
            Await.until("connections are refused, or reset in the backlog", this::isRefused);
            RawPeer.Message last = keptAlive.write(post(BODY)).readMessage();
            assertTrue(last.head().contains("\r\nconnection: close\r\n"), last.head());
            assertFalse(drained.isDone());
            draining.countDown();
            client.readUntil("0\r\n\r\n");

            drained.get(20, TimeUnit.SECONDS);
        }
    }

    /** The obvious way to stop: the future must not complete on an event loop, for which close() would wait. */
    @Test
    void shouldCloseWhenItHasDrained() throws Exception {
        CountDownLatch draining = new CountDownLatch(1);
        launch();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED));
            assertTrue(draining.await(20, TimeUnit.SECONDS));
            peer.write(chunk(COMPLETED) + "0\r\n\r\n");
            peer.awaitClose();
        });

        try (RawPeer client = connect()) {
            client.write(post(BODY)).readUntil(CREATED);
            CompletableFuture<Void> stopped = relay.drain().thenRun(relay::close);
            draining.countDown();
            client.readUntil("0\r\n\r\n");

            stopped.get(20, TimeUnit.SECONDS);
            assertTrue(assertThrows(IllegalStateException.class, () -> relay.reload(null)).getMessage()
                    .startsWith("reload: the relay is closed"));
        }
    }

    /** The log must not blame the caller for a stream that the relay itself has cut. */
    @Test
    void shouldSayThatItHasCutAStream() throws Exception {
        List<ExchangeEnd> ends = new CopyOnWriteArrayList<>();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED));
            peer.awaitClose();
        });
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null)))
                .route(RouteConfig.of("*", "up")).timeouts(TimeoutConfig.builder().drain(Duration.ZERO).build())
                .build(), Extensions.builder().observer(new ExchangeObserver() {
                    @Override
                    public void onEnded(ObservedExchange exchange) {
                        ends.add(exchange.end());
                    }
                }).build());

        try (RawPeer client = connect()) {
            client.write(post(BODY)).readUntil(CREATED);
            relay.drain().get(20, TimeUnit.SECONDS);
            relay.close();
        }

        assertEquals(List.of(ExchangeEnd.RELAY_STOPPED), ends);
    }

    /** An idle relay that drains still serves kept-alive connections until the deadline. */
    @Test
    void shouldServeKeptAliveConnectionsWhileItDrains() throws Exception {
        launch();
        try (RawPeer keptAlive = connect()) {
            keptAlive.write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").readMessage();
            relay.drain().get(20, TimeUnit.SECONDS);

            RawPeer.Message last = keptAlive.write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").readMessage();
            assertTrue(last.head().startsWith("HTTP/1.1 200 "), last.head());
            assertTrue(last.head().contains("\r\nconnection: close\r\n"), last.head());
        }
    }

    private boolean isRefused() throws IOException {
        try (Socket socket = new Socket("127.0.0.1", relay.port())) {
            return !socket.isConnected();
        } catch (SocketException refused) {
            return true; // the listener closes after a moment without new connections
        }
    }

    @Test
    void shouldNotStartWithoutKeysWhereOthersCanReachIt() {
        RelayConfig config = RelayConfig.builder().listen("0.0.0.0", 0)
                .cluster(dev.sluice.engine.config.ClusterConfig.of("up",
                        dev.sluice.engine.config.EndpointConfig.of(upstream.url(), null)))
                .route(RouteConfig.of("*", "up")).build();

        IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, () -> Relay.launch(config));
        assertTrue(refusal.getMessage().contains("expected: at least one key"), refusal.getMessage());
    }

    /** An authenticator may answer later, from another thread. */
    @Test
    void shouldWaitForAnAsynchronousAuthenticator() throws Exception {
        launch(route -> route, builder -> builder, Extensions.builder().usageSink(usage::add)
                .authenticator((head, decision) -> CompletableFuture.runAsync(() -> {
                    if ("letmein".equals(head.header("x-token"))) {
                        decision.accept(Principal.of("carol"));
                    } else {
                        decision.refuse("x-token: wrong (expected: the right one)");
                    }
                })).build());
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(ANSWER);
            peer.awaitClose();
        });

        try (RawPeer client = connect(); RawPeer refused = connect()) {
            client.write(post("X-Token: letmein\r\nContent-Length: " + BODY.length() + "\r\n", BODY)).readMessage();
            assertEquals("carol", takeUsage().principal());
            assertTrue(refused.write(post(BODY)).readMessage().head().startsWith("HTTP/1.1 401 "));
        }
    }
}
