// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.UsageLimits;
import java.io.IOException;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The {@code sluice keys} command. */
@Command(name = "keys", description = "Creates API keys, and lists, limits and revokes those of a running relay.",
        mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
        subcommands = {KeysCommand.New.class, KeysAtRunTime.List.class, KeysAtRunTime.Limit.class,
            KeysAtRunTime.Revoke.class})
public final class KeysCommand {
    KeysCommand() {
    }

    /** The {@code sluice keys new} command. */
    @Command(name = "new", description = "Creates a key, and prints it with the line that adds it to a key file.",
            mixinStandardHelpOptions = true,
            footerHeading = "%nNotes:%n", footer = {
                "Add the line to the file that 'key_file' names. A running relay reads it within a second."
                + " The line contains only the key's SHA-256, so a lost key cannot be recovered."})
    static final class New implements Callable<Integer> {
        private static final int KEY_BYTES = 32;

        @Option(names = "--label", required = true, paramLabel = "NAME",
                description = "Name of the owner in the access log: 1 to 64 of A-Z a-z 0-9 . _ -")
        private String label;

        @Option(names = "--model", paramLabel = "PATTERN",
                description = "Model that the key may use, * for any characters; repeatable. Default: all")
        private List<String> models = List.of();

        @Option(names = "--profile", paramLabel = "PATTERN",
                description = "Request profile that the key may use; repeatable. Default: all")
        private List<String> profiles = List.of();

        @Option(names = "--expires", paramLabel = "TIME", converter = TimeConverter.class,
                description = "Time of expiry, such as 2027-01-31T00:00:00Z. Default: never")
        private Instant expires;

        @Option(names = "--group", paramLabel = "NAME",
                description = "Group whose limits count in addition; it is defined in the configuration. Default: none")
        private String group;

        @ArgGroup(validate = false, heading = "%nLimits:%n")
        private final Limits limits = new Limits();

        @Spec
        private CommandSpec spec;

        /** A converter of times, whose message says what is expected. */
        private static final class TimeConverter implements CommandLine.ITypeConverter<Instant> {
            @Override
            public Instant convert(String value) {
                try {
                    return Instant.parse(value);
                } catch (DateTimeParseException e) {
                    throw new CommandLine.TypeConversionException("'" + value
                            + "' (expected: a time such as 2027-01-31T00:00:00Z)");
                }
            }
        }

        /** The limits of a key. */
        private static final class Limits {
            @Option(names = "--max-in-flight", paramLabel = "COUNT",
                    description = "Maximum concurrent requests. Default: no limit")
            int maxInFlight;

            @Option(names = "--requests-per-minute", paramLabel = "COUNT",
                    description = "Maximum requests per minute. Default: no limit")
            int requestsPerMinute;

            @Option(names = "--tokens-per-minute", paramLabel = "COUNT",
                    description = "Maximum input and output tokens per minute. Default: no limit")
            int tokensPerMinute;
        }

        @Override
        public Integer call() throws IOException {
            byte[] random = new byte[KEY_BYTES];
            new SecureRandom().nextBytes(random);
            String key = "sk-" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
            KeyConfig config = KeyConfig.ofSecret(label, key).withLimits(new UsageLimits(limits.maxInFlight,
                    limits.requestsPerMinute, limits.tokensPerMinute)).withGroup(group);
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
            if (group != null) {
                line.put("group", group);
            }
            putLimit(line, "max_in_flight", limits.maxInFlight);
            putLimit(line, "requests_per_minute", limits.requestsPerMinute);
            putLimit(line, "tokens_per_minute", limits.tokensPerMinute);
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
