// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tools.demo.DemoCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandLineTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private int run(String... args) {
        return Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(args);
    }

    @Test
    void shouldExplainItself() {
        assertEquals(0, run("--help"));
        assertTrue(out.toString().contains("serve") && out.toString().contains("demo"), out.toString());
        assertEquals(0, run("mock", "--help"));
        assertTrue(out.toString().contains("--fault-after"), out.toString());
        assertEquals(2, run("serve"));
        assertTrue(err.toString().contains("--config, --upstream: both or none (expected: one)"), err.toString());
    }

    @Test
    void shouldSayWhetherAFileWouldStart() throws IOException {
        Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                listeners: [{address: 127.0.0.1:8080}]
                clusters: {a: {endpoints: [{url: "https://b/v1", api_key: secret}]}}
                routes: [{model: m, cluster: a, upstream_model: n}]
                """);

        assertEquals(0, run("check", "-c", file.toString()), err.toString());
        assertTrue(out.toString().endsWith("ok" + System.lineSeparator()), out.toString());
        assertTrue(out.toString().contains("route    m -> a as n"), out.toString());
        assertTrue(!out.toString().contains("secret"), out.toString());
        Files.writeString(file, "listeners: []\nx: 1\n");
        assertEquals(1, run("check", "-c", file.toString()));
        assertTrue(err.toString().contains("sluice.yaml, line 2: x: unknown setting"), err.toString());
        assertEquals(1, run("check", "-c", folder.resolve("none.yaml").toString()));
        assertTrue(err.toString().contains("no such file"), err.toString());
    }

    @Test
    void shouldShowAStreamArrive() {
        int exit = new CommandLine(new DemoCommand(5)).setOut(new PrintWriter(out)).execute("--events", "20",
                "--pace-ms", "1");

        assertEquals(0, exit, out.toString());
        assertTrue(out.toString().contains("The quick brown fox"), out.toString());
        assertTrue(out.toString().contains("28 events, "), out.toString());
        assertTrue(out.toString().contains("sent and received equal (SHA-256)"), out.toString());
    }
}
