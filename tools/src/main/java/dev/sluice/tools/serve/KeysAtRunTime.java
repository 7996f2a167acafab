// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The commands about the keys of a running relay, which they ask through its admin listener. */
final class KeysAtRunTime {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NOTE = "A change counts for the requests that begin afterwards. The relay writes it"
            + " into the file that 'key_file' names. Keys in the configuration itself cannot be changed this way.";

    private KeysAtRunTime() {
    }

    /** The {@code sluice keys list} command. */
    @Command(name = "list", description = "Prints the keys of a running relay, with their limits.",
            mixinStandardHelpOptions = true)
    static final class List implements Callable<Integer> {
        @Mixin
        private AdminClient admin;

        @Option(names = "--json", description = "Prints JSON, as the admin listener serves it under /keys.")
        private boolean isJson;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException, InterruptedException {
            JsonNode keys = admin.ask("GET", "/keys", null);
            PrintWriter out = spec.commandLine().getOut();
            if (isJson) {
                out.println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(keys));
                return 0;
            }
            out.printf("%-24s %-16s %10s %10s %12s  %-20s %s%n", "label", "group", "in flight", "requests", "tokens",
                    "budgets", "expires");
            for (JsonNode key : keys) {
                out.printf("%-24s %-16s %10s %10s %12s  %-20s %s%n", key.path("label").asText(),
                        key.path("group").asText("-"), key.path("max_in_flight").asText("-"),
                        key.path("requests_per_minute").asText("-"), key.path("tokens_per_minute").asText("-"),
                        budgets(key.path("budgets")), key.path("expires").asText("-"));
            }
            return 0;
        }

        private static String budgets(JsonNode budgets) {
            return budgets.isEmpty() ? "-" : StreamSupport.stream(budgets.spliterator(), false).map(budget ->
                    budget.has("tokens") ? budget.path("tokens").asText() + " tokens/" + budget.path("window").asText()
                            : "$" + budget.path("usd").decimalValue().stripTrailingZeros().toPlainString() + '/'
                            + budget.path("window").asText()).collect(Collectors.joining(", "));
        }
    }

    /** The {@code sluice keys revoke} command. */
    @Command(name = "revoke", description = "Removes a key from a running relay.", mixinStandardHelpOptions = true,
            footerHeading = "%nNotes:%n", footer = {NOTE, "", "Streams of the key that run go on, unless the"
                    + " configuration says 'on_revoke: cut'."})
    static final class Revoke implements Callable<Integer> {
        @Mixin
        private AdminClient admin;

        @Parameters(paramLabel = "LABEL", description = "Label of the key; all keys that have it are removed.")
        private String label;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException, InterruptedException {
            int count = admin.ask("DELETE", "/keys/" + AdminClient.segment(label), null).path("keys").asInt();
            spec.commandLine().getOut().println(label + ": " + count + (count == 1 ? " key" : " keys") + " revoked");
            return 0;
        }
    }

    /** The {@code sluice keys limit} command. */
    @Command(name = "limit", description = "Changes the limits of a key of a running relay. Limits that are not named"
            + " stay.", mixinStandardHelpOptions = true, footerHeading = "%nNotes:%n", footer = NOTE)
    static final class Limit implements Callable<Integer> {
        @Mixin
        private AdminClient admin;

        @Parameters(paramLabel = "LABEL", description = "Label of the key; all keys that have it are changed.")
        private String label;

        @Option(names = "--max-in-flight", paramLabel = "COUNT",
                description = "Maximum concurrent requests; 0 for no limit.")
        private Integer maxInFlight;

        @Option(names = "--requests-per-minute", paramLabel = "COUNT",
                description = "Maximum requests per minute; 0 for no limit.")
        private Integer requestsPerMinute;

        @Option(names = "--tokens-per-minute", paramLabel = "COUNT",
                description = "Maximum input and output tokens per minute; 0 for no limit.")
        private Long tokensPerMinute;

        @Option(names = "--budget", paramLabel = "WINDOW=USD", description = "Budget in US dollars for a window, such"
                + " as day=50 or 7d=200; repeatable. It replaces all budgets of the key.")
        private Map<String, BigDecimal> budgets = new TreeMap<>();

        @Option(names = "--no-budgets", description = "Removes all budgets of the key.")
        private boolean isWithoutBudgets;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException, InterruptedException {
            ObjectNode changes = JSON.createObjectNode();
            put(changes, "max_in_flight", maxInFlight);
            put(changes, "requests_per_minute", requestsPerMinute);
            put(changes, "tokens_per_minute", tokensPerMinute);
            if (isWithoutBudgets) {
                changes.putNull("budgets");
            } else if (!budgets.isEmpty()) {
                ArrayNode list = changes.putArray("budgets");
                budgets.forEach((window, usd) -> list.addObject().put("window", window).put("usd", usd));
            }
            if (changes.isEmpty()) {
                throw new CommandLine.ParameterException(spec.commandLine(), "no limit is named (expected: at least"
                        + " one, such as --requests-per-minute 600)");
            }
            int count = admin.ask("PATCH", "/keys/" + AdminClient.segment(label), changes).path("keys").asInt();
            java.util.List<String> names = new ArrayList<>();
            changes.fieldNames().forEachRemaining(names::add);
            spec.commandLine().getOut().println(label + ": changed " + String.join(", ", names) + " of " + count
                    + (count == 1 ? " key" : " keys"));
            return 0;
        }

        private static void put(ObjectNode changes, String name, Number limit) {
            if (limit != null && limit.longValue() == 0) {
                changes.putNull(name);
            } else if (limit != null) {
                changes.put(name, limit.longValue());
            }
        }
    }
}
