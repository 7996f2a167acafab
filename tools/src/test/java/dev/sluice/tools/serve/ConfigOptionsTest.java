// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.engine.config.RelayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class ConfigOptionsTest {
    @TempDir
    private Path folder;

    /** The command that has the options in these tests. */
    @Command
    private static final class Bare {
        private Bare() {
        }
    }

    private RelayConfig load(String arguments, String environment) throws IOException {
        Path file = Files.writeString(folder.resolve("f.yaml"), """
                listeners: [{address: 127.0.0.1:77}]
                clusters: {a: {endpoints: [{url: "http://of-file"}]}}
                routes: [{model: m, cluster: a}]
                """);
        Map<String, String> variables = new HashMap<>();
        for (String variable : environment.isEmpty() ? new String[0] : environment.split(" ")) {
            variables.put(variable.split("=")[0], variable.split("=")[1].replace("FILE", file.toString()));
        }
        ConfigOptions options = new ConfigOptions(variables::get);
        CommandLine command = new CommandLine(new Bare());
        command.addMixin("options", options);
        command.parseArgs(arguments.isEmpty() ? new String[0] : arguments.replace("FILE", file.toString()).split(" "));
        return options.load(command).config();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "-c FILE | '' | of-file | 77",
        "'' | SLUICE_CONFIG=FILE | of-file | 77",
        "--upstream http://given | '' | given | 8080",
        "'' | SLUICE_UPSTREAM=http://named | named | 8080",
        "'' | SLUICE_UPSTREAM=http://named SLUICE_LISTEN=127.0.0.1:99 SLUICE_ADMIN=127.0.0.1:98 | named | 99",
        "--listen 127.0.0.1:97 | SLUICE_UPSTREAM=http://named SLUICE_LISTEN=127.0.0.1:99 | named | 97",
        "--upstream http://given | SLUICE_CONFIG=FILE | given | 8080",
        "--upstream http://given | SLUICE_UPSTREAM=http://named | given | 8080",
        "-c FILE | SLUICE_UPSTREAM=http://named SLUICE_LISTEN=127.0.0.1:99 | of-file | 77"
    })
    void shouldPreferTheCommandLineToTheEnvironment(String arguments, String environment, String host, int port)
            throws IOException {
        RelayConfig config = load(arguments, environment);

        assertEquals(host, config.clusters().get(0).endpoints().get(0).baseUrl().getHost());
        assertEquals(port, config.listeners().get(0).port());
        assertEquals(environment.contains("ADMIN"), config.admin() != null);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'' | ''", "-c FILE --upstream http://given | ''", "'' | SLUICE_CONFIG=FILE SLUICE_UPSTREAM=http://named"
    })
    void shouldNeedOneSource(String arguments, String environment) {
        assertThrows(CommandLine.ParameterException.class, () -> load(arguments, environment));
    }
}
