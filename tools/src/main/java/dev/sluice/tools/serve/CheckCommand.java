// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HeaderPolicy;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.KeyFile;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.tools.serve.ConfigWarnings.Warning;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The {@code sluice check} command. */
@Command(name = "check", description = "Checks whether a configuration would start, and prints what it would do.",
        mixinStandardHelpOptions = true)
public final class CheckCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions options;

    @Option(names = "--explain", description = "Also prints what becomes of each header of a request.")
    private boolean isExplained;

    @Option(names = "--connect", description = "Also connects to each endpoint and to the shared store.")
    private boolean isConnected;

    @Option(names = "--strict", description = "Fails if there is a warning, too.")
    private boolean isStrict;

    @Spec
    private CommandSpec spec;

    CheckCommand() {
    }

    @Override
    public Integer call() throws IOException {
        LoadedConfig loaded = options.load(spec.commandLine());
        List<Warning> warnings = loaded.use(CheckCommand::check);
        PrintWriter out = spec.commandLine().getOut();
        print(loaded.config(), out);
        if (isExplained) {
            explain(out);
        }
        for (Warning warning : warnings) {
            out.println("warning  " + loaded.positions().apply(warning.path()) + ": " + warning.message());
        }
        if (isConnected && !Connections.print(loaded, out)) {
            out.println("not ok, because not everything can be reached");
            return 1;
        }
        boolean isRefused = isStrict && !warnings.isEmpty();
        out.println(isRefused ? "not ok, because --strict allows no warnings" : "ok");
        return isRefused ? 1 : 0;
    }

    private static List<Warning> check(RelayConfig config) {
        Relay.check(config, Extensions.builder().accessLogOutput(new AccessLogOutput()).build());
        List<Warning> warnings = new ArrayList<>(AddressProbe.probe(config));
        warnings.addAll(ConfigWarnings.of(config, keysOfFile(config), Instant.now()));
        return warnings;
    }

    private static List<KeyConfig> keysOfFile(RelayConfig config) {
        try {
            return config.keyFile() == null ? List.of() : KeyFile.read(config.keyFile());
        } catch (IOException e) {
            throw new ConfigException("key_file", "key_file: " + config.keyFile()
                    + " cannot be read (expected: a file of keys)", e);
        }
    }

    private static void print(RelayConfig config, PrintWriter out) {
        for (ListenerConfig listener : config.listeners()) {
            out.println("listen   " + listener.host() + ':' + listener.port() + (listener.tls() == null ? "" : " TLS"));
        }
        if (config.admin() != null) {
            out.println("admin    " + config.admin().host() + ':' + config.admin().port());
        }
        for (ClusterConfig cluster : config.clusters()) {
            out.println("cluster  " + cluster.name() + ": " + cluster.endpoints().stream()
                    .map(CheckCommand::endpoint).collect(Collectors.joining(", ")));
        }
        for (RouteConfig route : config.routes()) {
            String alias = route.upstreamModel() == null ? "" : " as " + route.upstreamModel();
            String profile = route.profile() == null ? "" : " (" + route.profile() + ')';
            out.println("route    " + route.model() + profile + " -> " + route.cluster() + alias
                    + ", on upstream loss " + route.onUpstreamLoss().toString().toLowerCase(Locale.ROOT)
                    + ", on downstream leave " + route.onDownstreamLeave().toString().toLowerCase(Locale.ROOT));
        }
        config.relayedPaths().forEach(path -> out.println("relayed  " + path));
        String keys = config.keyFile() == null ? Integer.toString(config.keys().size())
                : config.keys().size() + ", plus those in " + config.keyFile();
        out.println("keys     " + (config.keys().isEmpty() && config.keyFile() == null
                ? "none: every local client is accepted" : keys));
    }

    private static void explain(PrintWriter out) {
        for (HeaderPolicy.Row row : HeaderPolicy.rows()) {
            out.printf("header   %-22s %-6s %s%n", row.name(), switch (row.fate()) {
                case STOPS -> "stops";
                case IS_SET -> "is set";
                case PASSES -> "passes";
            }, row.reason());
        }
        out.printf("header   %-22s %-6s %s%n", "every other", "passes",
                "as it came, unless Connection names it");
    }

    private static String endpoint(EndpointConfig endpoint) {
        String url = endpoint.baseUrl().toString().replaceFirst("\\?.*", "?..."); // a query may hold a secret
        return url + (endpoint.apiKey() == null && endpoint.apiKeyFile() == null ? " without a key" : " with a key");
    }
}
