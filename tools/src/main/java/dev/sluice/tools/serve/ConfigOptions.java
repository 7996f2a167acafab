// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.config.RelayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options that name the source of a configuration: a file, or one upstream on the command line. */
final class ConfigOptions {
    @Option(names = {"-c", "--config"}, paramLabel = "FILE", description = "Configuration file, in YAML.")
    private Path file;

    @Option(names = "--upstream", paramLabel = "URL", description = "Without a file: base URL of the only "
            + "upstream. Its key is read from OPENAI_API_KEY.")
    private String upstream;

    @Option(names = "--listen", paramLabel = "HOST:PORT", defaultValue = "127.0.0.1:8080",
            description = "Without a file: address to listen on. Default: ${DEFAULT-VALUE}")
    private String listen;

    @Option(names = "--admin", paramLabel = "HOST:PORT",
            description = "Without a file: address for health and metrics. Default: none")
    private String admin;

    ConfigOptions() {
    }

    /** Returns whether the configuration is a file, which may change. */
    boolean isFile() {
        return file != null;
    }

    /** Returns the content of the file; empty if no file is configured or the file does not exist. */
    String text() throws IOException {
        return file == null || !Files.exists(file) ? "" : Files.readString(file);
    }

    RelayConfig load(CommandLine command) throws IOException {
        if ((file == null) == (upstream == null)) {
            throw new CommandLine.ParameterException(command, "--config, --upstream: both or none (expected: one)");
        }
        ConfigLoader loader = new ConfigLoader(System::getenv);
        return file != null ? loader.load(file) : loader.ofArguments(upstream, listen, admin);
    }
}
