// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.engine.Relay;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.tools.mock.RelayProbe;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two relays with one configuration, which names a real redis-server. */
class RedisStateIT {
    private static final String KEY = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // of abc

    private final RelayProbe probe = new RelayProbe();
    private final List<Relay> relays = new ArrayList<>();
    private final List<StateStores> stores = new ArrayList<>();
    @TempDir
    private Path folder;
    private Process redis;

    @BeforeEach
    void launch() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        try {
            redis = new ProcessBuilder("redis-server", "--port", Integer.toString(port), "--bind", "127.0.0.1",
                    "--save", "", "--dir", folder.toString(), "--requirepass", "secret").redirectErrorStream(true)
                    .redirectOutput(folder.resolve("redis.log").toFile()).start();
        } catch (IOException notFound) {
            assumeTrue(false, "redis-server: not on the path (Debian: apt-get install redis-server)");
        }
        awaitPort(port);
        Path password = Files.writeString(folder.resolve("password"), "secret\n");
        String yaml = """
                listeners: [{address: 127.0.0.1:0}]
                admin: {address: 127.0.0.1:0}
                clusters: {up: {endpoints: [{url: "%s"}]}}
                routes: [{model: "*", cluster: up}]
                keys: [{label: alice, sha256: %s, requests_per_minute: 3, budgets: [{window: 366d, tokens: 1000}]}]
                state: {redis: {url: "redis://127.0.0.1:%d", password_file: "%s", timeout: 1s}}
                """.formatted(probe.url(), KEY, port, password);
        for (int i = 0; i < 2; i++) {
            LoadedConfig loaded = new ConfigLoader(name -> null).parse("f.yaml", yaml);
            StateStores opened = loaded.openStores();
            stores.add(opened);
            Extensions.Builder extensions = Extensions.builder().metricsFormat(opened.metrics(new PrometheusFormat()));
            opened.use(extensions);
            relays.add(loaded.use(config -> Relay.launch(config, extensions.build())));
        }
    }

    private static void awaitPort(int port) throws InterruptedException {
        for (int i = 0; i < 600; i++) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                return;
            } catch (IOException notYet) {
                Thread.sleep(50);
            }
        }
        throw new AssertionError("redis-server does not listen after 30 s");
    }

    @AfterEach
    void stop() throws InterruptedException {
        relays.forEach(Relay::close);
        stores.forEach(StateStores::close);
        probe.close();
        if (redis != null) {
            redis.destroyForcibly().waitFor();
        }
    }

    @Test
    void shouldShareWhatTheConfigurationSays() throws Exception {
        for (int i = 0; i < 3; i++) {
            probe.requireEveryByte(relays.get(i % 2).port(), "abc");
        }
        for (Relay relay : relays) {
            HttpResponse<byte[]> refused = probe.ask(relay.port(), "abc");
            assertEquals(429, refused.statusCode());
            assertTrue(new String(refused.body()).contains("This API key may make 3 requests a minute"));
            assertEquals("0", refused.headers().firstValue("x-ratelimit-remaining-requests").orElseThrow());
            String usage = probe.get(relay.adminPort(), "/usage").body();
            assertTrue(usage.contains("\"name\":\"alice\",\"window\":\"366d\"") && usage.contains("\"requests\":3,"),
                    usage);
            String ready = probe.get(relay.adminPort(), "/health/ready").body();
            for (int i = 0; i < 600 && ready.contains("relays: 1"); i++) { // each learns of the other within a second
                Thread.sleep(50);
                ready = probe.get(relay.adminPort(), "/health/ready").body();
            }
            assertEquals("ready\nstate: the shared store answers; relays: 2\n", ready);
            String metrics = probe.get(relay.adminPort(), "/metrics").body();
            assertTrue(metrics.contains("\nsluice_state_answering 1.0\n"), metrics);
            assertTrue(metrics.contains("\nsluice_state_failures_total 0.0\n"), metrics);
            assertTrue(metrics.contains("\nsluice_state_round_trip_seconds_bucket{le=\"+Inf\"} "), metrics);
        }
    }
}
