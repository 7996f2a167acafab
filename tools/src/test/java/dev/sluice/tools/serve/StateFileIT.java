// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.tools.Main;
import dev.sluice.tools.mock.RelayProbe;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A relay with a ledger in a file, as a process that stops or is killed. */
@DisabledOnOs(OS.WINDOWS)
class StateFileIT {
    private final RelayProbe probe = new RelayProbe();
    @TempDir
    private Path folder;
    private int port;
    private int admin;
    private Process serve;

    @BeforeEach
    void configure() throws IOException {
        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = one.getLocalPort();
            admin = other.getLocalPort();
        }
        Files.writeString(folder.resolve("sluice.yaml"), """
                listeners: [{address: 127.0.0.1:%d}]
                admin: {address: 127.0.0.1:%d}
                clusters: {up: {endpoints: [{url: "%s"}]}}
                routes: [{model: "*", cluster: up, budgets: [{window: 366d, tokens: 60}]}]
                state: {file: "%s", interval: 20ms}
                """.formatted(port, admin, probe.url(), folder.resolve("ledger.mv")));
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (serve != null) {
            serve.destroyForcibly().waitFor();
        }
        probe.close();
    }

    private Process start() throws Exception {
        return new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"), Main.class.getName(), "serve", "-c",
                folder.resolve("sluice.yaml").toString()).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile())).start();
    }

    private void startAndWait() throws Exception {
        serve = start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            assertTrue(serve.isAlive() && System.nanoTime() - end < 0, () -> "not ready: " + log());
            try {
                if (probe.get(admin, "/health/ready").statusCode() == 200) {
                    return;
                }
            } catch (IOException notYet) {
                Thread.sleep(50);
            }
        }
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private JsonNode usage() throws Exception {
        for (JsonNode each : new ObjectMapper().readTree(probe.get(admin, "/usage").body())) {
            if (each.path("by").asText().equals("route") && each.path("window").asText().equals("366d")) {
                return each;
            }
        }
        return new ObjectMapper().createObjectNode();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldKnowItsBudgetsAfterARestart(boolean isKilled) throws Exception {
        startAndWait();
        for (int i = 0; i < 2; i++) { // 44 tokens each
            probe.requireEveryByte(port, "any");
        }
        assertEquals(429, probe.ask(port, "any").statusCode());
        JsonNode before = usage();
        assertEquals(2, before.path("requests").asInt());
        if (isKilled) {
            Thread.sleep(1000); // fifty intervals, in which both were written
            serve.destroyForcibly();
        } else {
            serve.destroy();
        }
        assertTrue(serve.waitFor(60, TimeUnit.SECONDS));

        startAndWait();

        assertEquals(before, usage());
        HttpResponse<byte[]> refused = probe.ask(port, "any");
        assertEquals(429, refused.statusCode());
        assertTrue(new String(refused.body()).contains("The route * has used"), () -> new String(refused.body()));
    }

    @Test
    void shouldRefuseAFileThatAnotherRelayUses() throws Exception {
        startAndWait();
        String config = Files.readString(folder.resolve("sluice.yaml"));
        Files.writeString(folder.resolve("sluice.yaml"), config.replace(":" + port, ":0").replace(":" + admin, ":0"));

        Process second = start();

        assertTrue(second.waitFor(60, TimeUnit.SECONDS));
        assertEquals(1, second.exitValue(), log());
        List<String> lines = log().lines().filter(line -> line.startsWith("sluice: ")).toList();
        assertTrue(lines.get(lines.size() - 1).matches("sluice: sluice.yaml, line 5: state.file: .*ledger.mv: cannot be"
                + " opened as a ledger \\(expected: .*"), lines::toString);
    }
}
