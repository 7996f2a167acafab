// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tools.demo.DemoCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

    /** Each line of each help, as a terminal of 80 columns shows it. */
    @Test
    void shouldFitIntoEightyColumns() {
        for (CommandLine command : all(Main.commandLine())) {
            String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF);
            assertEquals(List.of(), help.lines().filter(line -> line.length() > 80).toList(), help);
            for (String[] lines : List.of(command.getCommandSpec().usageMessage().footer(),
                    command.getCommandSpec().usageMessage().description())) {
                assertWrappedOnce(lines, help);
            }
            assertTrue(help.contains("Exit status:"), help);
        }
    }

    /** A paragraph is one string, because a string that is wrapped by hand is wrapped a second time on a terminal. */
    private static void assertWrappedOnce(String[] paragraphs, String help) {
        for (int i = 1; i < paragraphs.length; i++) {
            boolean isContinued = !paragraphs[i - 1].isBlank() && !paragraphs[i].isBlank();
            assertTrue(!isContinued, "two paragraphs without a line between them: " + help);
        }
    }

    private static List<CommandLine> all(CommandLine command) {
        List<CommandLine> commands = new ArrayList<>(List.of(command));
        command.getSubcommands().values().stream()
                .filter(each -> !(each.getCommand() instanceof CommandLine.HelpCommand))
                .forEach(each -> commands.addAll(all(each)));
        return commands;
    }

    @Test
    void shouldOfferWhatACommandLineOffers() {
        assertEquals(0, run("help"));
        assertEquals(0, run("help", "serve"));
        assertTrue(out.toString().contains("--upstream"), out.toString());
        assertEquals(0, run("--version"));
        assertTrue(out.toString().matches("(?s).*sluice \\d+\\.\\d+\\.\\S+ \\(commit \\S+\\)\\Rjava \\S+ \\(.+"),
                out.toString());
        assertEquals(0, run("completion"));
        assertTrue(out.toString().contains("complete -F _complete_sluice"), out.toString());
        assertEquals(2, run("serv"));
        assertTrue(err.toString().contains("serve"), err.toString());
    }

    @Test
    void shouldFindWhatServeWouldFind() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Path keys = Files.writeString(folder.resolve("keys.jsonl"), "{\"label\": \"a\", \"sha256\": \""
                    + "1".repeat(64) + "\", \"expires\": \"2020-01-01T00:00:00Z\"}\n");
            Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                    listeners: [{address: 127.0.0.1:0}]
                    admin:
                      address: 127.0.0.1:%d
                    clusters: {a: {endpoints: [{url: "https://b/v1"}]}}
                    routes:
                      - {model: "m*", cluster: a}
                      - {model: m, cluster: a}
                    keys:
                      - {label: a, sha256: %s}
                    key_file: %s
                    """.formatted(taken.getLocalPort(), "0".repeat(64), keys));

            assertEquals(0, run("check", "-c", file.toString()), err.toString());
            assertEquals(1, run("check", "--strict", "-c", file.toString()), err.toString());
            for (String expected : new String[] {"warning  sluice.yaml, line 3: admin.address: 127.0.0.1:"
                    + taken.getLocalPort() + ": Address already in use",
                "warning  sluice.yaml, line 7: route m: never used",
                "warning  sluice.yaml, line 10: key a: a second key with this label",
                "warning  sluice.yaml, line 10: key a: expired at 2020-01-01T00:00:00Z"}) {
                assertTrue(out.toString().contains(expected), expected + " in " + out);
            }
        }
    }

    /** What a configuration names is there, or is not. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "127.0.0.1:OPEN| |0|127.0.0.1:OPEN: accepts connections",
        "127.0.0.1:CLOSED| |1|127.0.0.1:CLOSED: Connection refused",
        "no.such.name.invalid| |1|no.such.name.invalid:80: the name cannot be resolved",
        "127.0.0.1:OPEN|redis://127.0.0.1:CLOSED|1|state.redis: redis://127.0.0.1:CLOSED: "
    })
    void shouldConnectToWhatAConfigurationNames(String endpoint, String redis, int exit, String line)
            throws IOException {
        int closed = closedPort();
        try (ServerSocket open = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            UnaryOperator<String> ports = text -> text.replace("OPEN", Integer.toString(open.getLocalPort()))
                    .replace("CLOSED", Integer.toString(closed));
            Path file = Files.writeString(folder.resolve("sluice.yaml"), ports.apply("""
                    listeners: [{address: 127.0.0.1:0}]
                    clusters: {a: {endpoints: [{url: "http://%s/v1"}]}}
                    routes: [{model: m, cluster: a}]
                    keys: [{label: a, sha256: %s}]
                    """.formatted(endpoint, "0".repeat(64)) + (redis == null ? "" : "state: {redis: {url: \"" + redis
                    + "\"}}\n")));

            assertEquals(exit, run("check", "--connect", "-c", file.toString()), out + " " + err);
            assertTrue(out.toString().contains("connect  " + ports.apply(line)), out.toString());
            assertTrue(out.toString().endsWith((exit == 0 ? "ok" : "not ok, because not everything can be reached")
                    + System.lineSeparator()), out.toString());
        }
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** An error in another file is reported for the line of the configuration that names the file. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "listeners: [{address: 127.0.0.1:0, tls: {certificate: FILE, key: FILE}}]|line 1: tls: certificate",
        "clusters: {b: {ca_file: FILE, endpoints: [{url: \"https://b\"}]}}|line 1: cluster b: ca_file",
        "clusters: {b: {endpoints: [{url: \"https://b\"}], certificate: FILE, key: FILE}}|line 1: cluster b: certificate",
        "key_file: FILE|line 1: key_file: file, line 1: ",
        "listeners: [{address: 192.0.2.1:0}]|line 1: listeners[0].address: 192.0.2.1:0: ",
        "listeners: [{address: \"no.such.name.invalid:0\"}]|line 1: listeners[0].address: no.such.name.invalid has no"
    })
    void shouldNameTheLineOfAFileThatCannotBeUsed(String setting, String message) throws IOException {
        Path broken = Files.writeString(folder.resolve("file"), "-----BEGIN CERTIFICATE-----\nAAAA\n");
        String name = setting.substring(0, setting.indexOf(':'));
        String base = """
                listeners: [{address: 127.0.0.1:0}]
                clusters: {b: {endpoints: [{url: "https://b"}]}}
                routes: [{model: m, cluster: b}]
                keys: [{label: a, sha256: %s}]
                """.formatted("0".repeat(64));
        Path file = Files.writeString(folder.resolve("sluice.yaml"), setting.replace("FILE", broken.toString()) + '\n'
                + base.lines().filter(line -> !line.startsWith(name + ':')).reduce("", (a, b) -> a + b + '\n'));

        assertEquals(1, run("check", "-c", file.toString()), out.toString());
        assertTrue(err.toString().startsWith("sluice: sluice.yaml, " + message), err.toString());
        assertTrue(!message.contains("line 1: tls") || run("serve", "-c", file.toString()) == 1, out.toString());
        assertTrue(err.toString().lines().allMatch(line -> line.startsWith("sluice: sluice.yaml, line 1: ")),
                err.toString());
    }

    @Test
    void shouldSayWhetherAFileWouldStart() throws IOException {
        Path file = Files.writeString(folder.resolve("sluice.yaml"), """
                listeners: [{address: 127.0.0.1:0}]
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

    @ParameterizedTest
    @CsvSource({"--keep=false", "--websocket"})
    void shouldShowAStreamArrive(String wire) {
        int exit = new CommandLine(new DemoCommand(5)).setOut(new PrintWriter(out)).execute("--events", "20",
                "--pace-ms", "1", wire);

        assertEquals(0, exit, out.toString());
        assertTrue(out.toString().contains("The quick brown fox"), out.toString());
        assertTrue(out.toString().contains("28 events, "), out.toString());
        assertTrue(out.toString().contains("sent and received equal (SHA-256)"), out.toString());
    }
}
