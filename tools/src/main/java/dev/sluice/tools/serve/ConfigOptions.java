// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.config.RelayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Where a relay's configuration comes from: a file, or an upstream on the command line. */
final class ConfigOptions {
    @Option(names = {"-c", "--config"}, paramLabel = "FILE", description = "Configuration in YAML.")
    private Path file;

    @Option(names = "--upstream", paramLabel = "URL", description = "Without a file: the base URL of the one "
            + "upstream. Its key is taken from OPENAI_API_KEY.")
    private String upstream;

    @Option(names = "--listen", paramLabel = "HOST:PORT", defaultValue = "127.0.0.1:8080",
            description = "Without a file: the address to serve. Default: ${DEFAULT-VALUE}")
    private String listen;

    @Option(names = "--admin", paramLabel = "HOST:PORT",
            description = "Without a file: the address for health and metrics. Default: none")
    private String admin;

    ConfigOptions() {
    }

    /** Returns whether the configuration is a file, which may change. */
    boolean isFile() {
        return file != null;
    }

    /** Returns what is in the file; nothing without one, or where it is not there. */
    String text() throws IOException {
        return file == null || !Files.exists(file) ? "" : Files.readString(file);
    }

    RelayConfig load(CommandLine command) throws IOException {
        if ((file == null) == (upstream == null)) {
            throw new CommandLine.ParameterException(command, "one of --config and --upstream is needed");
        }
        ConfigLoader loader = new ConfigLoader(System::getenv);
        return file != null ? loader.load(file) : loader.ofArguments(upstream, listen, admin);
    }
}
