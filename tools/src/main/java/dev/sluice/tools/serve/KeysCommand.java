// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.KeyLimits;
import java.io.IOException;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice keys}. */
@Command(name = "keys", description = "Makes API keys.", mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND", subcommands = KeysCommand.New.class)
public final class KeysCommand {
    KeysCommand() {
    }

    /** {@code sluice keys new}. */
    @Command(name = "new", description = "Prints a new key, once, and the line for the key file that lets it in.",
            mixinStandardHelpOptions = true,
            footer = {"", "The line goes into the file that 'key_file' names; a running relay reads it within a second."
                + " Only the", "key's SHA-256 is in it: who loses the key needs a new one."})
    static final class New implements Callable<Integer> {
        private static final int KEY_BYTES = 32;

        @Option(names = "--label", required = true, paramLabel = "NAME",
                description = "How logs and metrics call its owner: 1 to 64 of A-Z a-z 0-9 . _ -")
        private String label;

        @Option(names = "--model", paramLabel = "PATTERN",
                description = "A model that it may use, * for any characters; can be repeated. Default: all")
        private List<String> models = List.of();

        @Option(names = "--profile", paramLabel = "PATTERN",
                description = "A request profile that it may use; can be repeated. Default: all")
        private List<String> profiles = List.of();

        @Option(names = "--expires", paramLabel = "TIME",
                description = "From when on it is refused, such as 2027-01-31T00:00:00Z. Default: never")
        private Instant expires;

        @Option(names = "--max-in-flight", paramLabel = "COUNT", defaultValue = "0",
                description = "Requests at one time. Default: no limit")
        private int maxInFlight;

        @Option(names = "--requests-per-minute", paramLabel = "COUNT", defaultValue = "0",
                description = "Default: no limit")
        private int requestsPerMinute;

        @Option(names = "--tokens-per-minute", paramLabel = "COUNT", defaultValue = "0",
                description = "In and out. Default: no limit")
        private int tokensPerMinute;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            byte[] random = new byte[KEY_BYTES];
            new SecureRandom().nextBytes(random);
            String key = "sk-" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
            KeyConfig config = KeyConfig.ofSecret(label, key).withLimits(new KeyLimits(maxInFlight, requestsPerMinute,
                    tokensPerMinute));
            ObjectMapper json = new ObjectMapper();
            ObjectNode line = json.createObjectNode().put("label", config.label()).put("sha256", config.sha256());
            if (!models.isEmpty()) {
                line.set("models", json.valueToTree(models));
            }
            if (!profiles.isEmpty()) {
                line.set("profiles", json.valueToTree(profiles));
            }
            if (expires != null) {
                line.put("expires", expires.toString());
            }
            putLimit(line, "max_in_flight", maxInFlight);
            putLimit(line, "requests_per_minute", requestsPerMinute);
            putLimit(line, "tokens_per_minute", tokensPerMinute);
            PrintWriter out = spec.commandLine().getOut();
            out.println("key   " + key);
            out.println("line  " + json.writeValueAsString(line));
            return 0;
        }

        private static void putLimit(ObjectNode line, String name, int limit) {
            if (limit > 0) {
                line.put(name, limit);
            }
        }
    }
}
