// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HealthConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TransportConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A reload applies a configuration as a whole or not at all, and does not affect exchanges in flight. */
class ReloadIT extends RelayFixture {
    private final ScriptedUpstream second = new ScriptedUpstream();
    private final CountDownLatch mayEnd = new CountDownLatch(1);

    @AfterEach
    void closeSecond() {
        second.close();
    }

    private RelayConfig config(String url, UnaryOperator<RelayConfig.Builder> more) {
        return more.apply(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(url, null)).withBalance(
                        Balance.ROUND_ROBIN, new HealthConfig(1, Duration.ofSeconds(60),
                                Duration.ofSeconds(60), 0)))
                .route(RouteConfig.of("gpt-*", "up"))
                .transport(new TransportConfig(transport, 1, false))).build();
    }

    private static void serve(RawPeer peer, String id) throws IOException {
        while (true) {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED) + chunk(COMPLETED.replace("resp_1", id)) + "0\r\n\r\n");
        }
    }

    private String ask() throws IOException {
        try (RawPeer client = connect()) {
            return client.write(post(BODY)).readMessage().text();
        }
    }

    @Test
    void shouldLeaveWhatRunsAlone() throws Exception {
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(eventStreamHead() + chunk(CREATED));
            assertTrue(mayEnd.await(20, TimeUnit.SECONDS));
            peer.write(chunk(COMPLETED) + "0\r\n\r\n");
            assertTrue(peer.awaitClose()); // it is no longer an endpoint
        }).always(peer -> serve(peer, "resp_old"));
        second.always(peer -> serve(peer, "resp_new"));
        relay = Relay.launch(config(upstream.url(), builder -> builder), extensions());
        int port = relay.port();

        try (RawPeer running = connect()) {
            running.write(post(BODY)).readUntil("\n\n");
            assertTrue(ask().contains("resp_old"));
            assertEquals(1, relay.core().idleUpstreamConnections());
            relay.reload(config(second.url(), builder -> builder));

            assertEquals(port, relay.port());
            assertTrue(ask().contains("resp_new"));
            assertEquals(1, relay.core().idleUpstreamConnections()); // the connection to the new endpoint
            mayEnd.countDown();
            assertTrue(running.readUntil("0\r\n\r\n").contains("response.completed"));
            assertTrue(running.write(post(BODY)).readMessage().text().contains("resp_new"));
        }
    }

    /** A configuration that cannot be used changes nothing, no matter what is wrong with it. */
    @Test
    void shouldChangeNothingWhereAnythingIsWrong() throws Exception {
        upstream.always(peer -> serve(peer, "resp_old"));
        relay = Relay.launch(config(upstream.url(), builder -> builder), extensions());
        int port = relay.port();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            RelayConfig onTakenPort = config(second.url(), builder -> builder.listen("127.0.0.1",
                    taken.getLocalPort()));
            assertThrows(UncheckedIOException.class, () -> relay.reload(onTakenPort));
            RelayConfig adminThere = config(second.url(), builder -> builder.admin(new AdminConfig("127.0.0.1",
                    taken.getLocalPort())));
            assertThrows(UncheckedIOException.class, () -> relay.reload(adminThere));
        }
        RelayConfig otherLoops = config(second.url(), builder -> builder.transport(
                new TransportConfig(transport, 2, false)));
        assertThrows(IllegalArgumentException.class, () -> relay.reload(otherLoops));
        RelayConfig open = config(second.url(), builder -> builder.listen("0.0.0.0", 0));
        assertThrows(IllegalArgumentException.class, () -> relay.reload(open));

        assertEquals(1, relay.ports().size());
        assertEquals(port, relay.port());
        assertTrue(ask().contains("resp_old"));
    }

    @Test
    void shouldMoveListenersAndCertificates() throws Exception {
        TestCertificates certificates = new TestCertificates();
        TestCertificates others = new TestCertificates();
        upstream.always(peer -> serve(peer, "resp_1"));
        ListenerConfig plain = new ListenerConfig("127.0.0.1", 0, null);
        ListenerConfig tls = new ListenerConfig("127.0.0.1", 0, certificates.config("localhost", null));
        relay = Relay.launch(of(plain, tls), extensions());
        int first = relay.ports().get(0);
        int withTls = relay.ports().get(1);
        try (RawPeer keptAlive = connect()) {
            assertEquals(200, status(keptAlive));
            handshake(certificates, withTls);

            relay.reload(of(new ListenerConfig("127.0.0.1", 0, others.config("localhost", null))));
            assertEquals(first, relay.port()); // the existing listener, now with a certificate
            handshake(others, first);
            awaitRefusal(withTls);
            assertEquals(200, status(keptAlive)); // existing connections stay as they are

            relay.reload(of(new ListenerConfig("localhost", 0, null)));
            awaitRefusal(first);
            assertTrue(ask().contains("resp_1"));
        }
    }

    private RelayConfig of(ListenerConfig... listeners) {
        RelayConfig.Builder builder = RelayConfig.builder()
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null)))
                .route(RouteConfig.of("*", "up")).transport(new TransportConfig(transport, 1, false));
        for (ListenerConfig listener : listeners) {
            builder.listener(listener);
        }
        return builder.build();
    }

    private static int status(RawPeer client) throws IOException {
        return Integer.parseInt(client.write(post(BODY)).readMessage().head().substring(9, 12));
    }

    private static void handshake(TestCertificates trusted, int port) throws Exception {
        try (SSLSocket socket = (SSLSocket) trusted.context(null).getSocketFactory().createSocket(
                InetAddress.getLoopbackAddress(), port)) {
            socket.startHandshake();
        }
    }

    private static void awaitRefusal(int port) throws Exception {
        Await.until("nothing listens on " + port, () -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return !socket.isConnected();
            } catch (ConnectException refused) {
                return true;
            }
        });
    }

    /** Unchanged endpoints stay ejected; new limits and keys apply at once. */
    @Test
    void shouldKeepWhatIsKnownAndCountWhatIsNew() throws Exception {
        second.always(peer -> serve(peer, "resp_2"));
        upstream.close();
        UnaryOperator<RelayConfig.Builder> admin = builder -> builder.admin(new AdminConfig("127.0.0.1", 0));
        relay = Relay.launch(two(admin), extensions());
        assertTrue(ask().contains("resp_2"));
        assertTrue(ask().contains("resp_2"));
        assertTrue(describeEndpoints().contains("ejected"), describeEndpoints());

        relay.reload(two(builder -> admin.apply(builder).key(KeyConfig.ofSecret("alice", "sk-a"))
                .limits(LimitConfig.DEFAULT.withMaxBodyBytes(200))));
        assertTrue(describeEndpoints().contains("ejected"), describeEndpoints());
        try (RawPeer client = connect()) {
            assertEquals(401, status(client));
        }
        try (RawPeer client = connect()) {
            String longer = "{\"model\":\"gpt-5\",\"input\":\"" + "x".repeat(300) + "\"}";
            assertTrue(client.write(post("Authorization: Bearer sk-a\r\nContent-Length: " + longer.length() + "\r\n",
                    longer)).readMessage().head().startsWith("HTTP/1.1 413 "));
        }
    }

    private RelayConfig two(UnaryOperator<RelayConfig.Builder> more) {
        return more.apply(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null),
                        EndpointConfig.of(second.url(), null)).withBalance(
                        Balance.ROUND_ROBIN, new HealthConfig(1, Duration.ofSeconds(60),
                                Duration.ofSeconds(60), 0)))
                .route(RouteConfig.of("gpt-*", "up"))
                .transport(new TransportConfig(transport, 1, false))).build();
    }

    /** An exchange from before the reload may still need a removed endpoint, but no connection is kept warm there. */
    @Test
    void shouldKeepNothingReadyToWhatIsGone() throws Exception {
        AtomicInteger open = new AtomicInteger();
        upstream.always(peer -> {
            open.incrementAndGet();
            try {
                serve(peer, "resp_old");
            } finally {
                open.decrementAndGet();
            }
        });
        second.always(peer -> serve(peer, "resp_new"));
        relay = Relay.launch(warm(upstream.url()), extensions());
        await(open, 1);
        String request = post(BODY);
        try (RawPeer client = connect()) {
            client.write(request.substring(0, request.length() - 5));
            awaitInFlight(1);
            relay.reload(warm(second.url()));
            await(open, 0);
            assertTrue(client.write(request.substring(request.length() - 5)).readMessage().text().contains("resp_old"));
        }
        await(open, 0);
        time.advance(Duration.ofSeconds(20));
        time.advance(Duration.ofSeconds(2)); // longer than the 1 s between two checks of the warm connections
        Await.until("one warm connection, because the accept loop keeps none",
                () -> relay.core().idleUpstreamConnections() == 1);
        assertEquals(0, open.get());
    }

    private static void await(AtomicInteger found, int expected) throws Exception {
        Await.until("there are " + expected, () -> found.get() == expected);
    }

    private RelayConfig warm(String url) {
        return RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(url, null).withWarmConnections(1)))
                .route(RouteConfig.of("gpt-*", "up"))
                .transport(new TransportConfig(transport, 1, false)).build();
    }

    /** Connections in the backlog of a socket that the relay closes are served. */
    @Test
    void shouldServeWhoWaitsInASocketThatItLeaves() throws Exception {
        for (int round = 0; round < 5; round++) {
            relay = Relay.launch(config(upstream.url(), builder -> builder), extensions());
            List<RawPeer> waiting = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                waiting.add(connect());
            }
            relay.drain();
            for (RawPeer client : waiting) {
                String head = client.write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").readMessage().head();
                assertTrue(head.startsWith("HTTP/1.1 200 "), head);
                client.close();
            }
            relay.close();
        }
    }

    /**
     * A listener of a rejected configuration serves no connection, because that configuration has keys and the active
     * one has none.
     */
    @Test
    void shouldLetNobodyInByWhatIsNotUsed() throws Exception {
        relay = Relay.launch(config(upstream.url(), builder -> builder), extensions());
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        AtomicBoolean isOver = new AtomicBoolean();
        Queue<RawPeer> connected = new ConcurrentLinkedQueue<>();
        Thread knocking = new Thread(() -> {
            while (!isOver.get()) {
                try {
                    connected.add(RawPeer.connect(port));
                } catch (UncheckedIOException refused) {
                    Thread.onSpinWait(); // the expected outcome most of the time
                }
            }
        });
        knocking.start();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            RelayConfig unusable = config(second.url(), builder -> builder.listen("127.0.0.1", port)
                    .key(KeyConfig.ofSecret("alice", "sk-a"))
                    .admin(new AdminConfig("127.0.0.1", taken.getLocalPort())));
            for (int i = 0; i < 20; i++) {
                assertThrows(UncheckedIOException.class, () -> relay.reload(unusable));
            }
        }
        isOver.set(true);
        knocking.join();
        for (RawPeer client : connected) {
            client.socket().setSoTimeout(2000);
            try {
                client.write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n");
                assertEquals(-1, client.in().read());
            } catch (SocketException reset) {
                // a reset is as good as a close
            }
            client.close();
        }
    }
}
