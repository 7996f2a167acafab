// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/**
 * The options that name the source of a configuration: a file, or one upstream on the command line. Variables of the
 * environment take the place of options that are not given, so that a container needs no arguments.
 */
final class ConfigOptions {
    private static final String DEFAULT_LISTEN = "127.0.0.1:8080";

    private final UnaryOperator<String> environment;

    @Option(names = {"-c", "--config"}, paramLabel = "FILE",
            description = "Configuration file, in YAML. Environment: SLUICE_CONFIG")
    private Path file;

    @ArgGroup(validate = false, heading = "%nWithout a configuration file:%n")
    private final OneUpstream one = new OneUpstream();

    ConfigOptions() {
        this(System::getenv);
    }

    ConfigOptions(UnaryOperator<String> environment) {
        this.environment = environment;
    }

    /** The options of a relay to one upstream for every model. */
    private static final class OneUpstream {
        @Option(names = "--upstream", paramLabel = "URL", description = "Base URL of the only upstream, whose key is"
                + " read from OPENAI_API_KEY. Environment: SLUICE_UPSTREAM")
        String upstream;

        @Option(names = "--listen", paramLabel = "HOST:PORT", description = "Address to listen on. Environment:"
                + " SLUICE_LISTEN. Default: " + DEFAULT_LISTEN)
        String listen;

        @Option(names = "--admin", paramLabel = "HOST:PORT", description = "Address of the admin listener."
                + " Environment: SLUICE_ADMIN. Default: none")
        String admin;

        @Option(names = "--admin-token-file", paramLabel = "FILE", description = "File of the token that the admin"
                + " listener asks for, required beyond loopback. Environment: SLUICE_ADMIN_TOKEN_FILE. Default: none")
        String adminTokenFile;

        @Option(names = "--key-file", paramLabel = "FILE", description = "File of the callers' keys, required to listen"
                + " beyond loopback. Environment: SLUICE_KEY_FILE. Default: none")
        String keyFile;

        @Option(names = "--websocket", paramLabel = "MODE", description = "How WebSocket is served: auto, off, native"
                + " (the upstream speaks it) or bridge (by POST). Environment: SLUICE_WEBSOCKET. Default: auto")
        String websocket;
    }

    /** Returns the file: that of the option, or that of the environment if there is no option; null for none. */
    private Path file() {
        String named = environment.apply("SLUICE_CONFIG");
        return file != null || one.upstream != null || named == null ? file : Path.of(named);
    }

    private String upstream() {
        return one.upstream != null || file != null ? one.upstream : environment.apply("SLUICE_UPSTREAM");
    }

    private String or(String option, String variable, String otherwise) {
        String named = option != null ? option : environment.apply(variable);
        return named != null ? named : otherwise;
    }

    /** Returns whether the configuration is a file, which may change. */
    boolean isFile() {
        return file() != null;
    }

    /** Returns the content of the file; empty if no file is configured or the file does not exist. */
    String text() throws IOException {
        return !isFile() || !Files.exists(file()) ? "" : Files.readString(file());
    }

    /**
     * Reads the configuration.
     *
     * @throws CommandLine.ParameterException if the options name no source, or two
     * @throws SettingException               if a setting is unknown or invalid
     * @throws IOException                    if the file cannot be read
     */
    LoadedConfig load(CommandLine command) throws IOException {
        if (isFile() == (upstream() != null)) {
            throw new CommandLine.ParameterException(command, "--config, --upstream: both or none (expected: one)");
        }
        ConfigLoader loader = new ConfigLoader(environment);
        return isFile() ? loader.load(file()) : loader.ofArguments(upstream(),
                or(one.listen, "SLUICE_LISTEN", DEFAULT_LISTEN), or(one.admin, "SLUICE_ADMIN", null),
                or(one.adminTokenFile, "SLUICE_ADMIN_TOKEN_FILE", null),
                or(one.keyFile, "SLUICE_KEY_FILE", null), or(one.websocket, "SLUICE_WEBSOCKET", "auto"));
    }
}
