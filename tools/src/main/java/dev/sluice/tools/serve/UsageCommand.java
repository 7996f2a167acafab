// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The {@code sluice usage} command. */
@Command(name = "usage", description = "Prints what keys, groups, routes or models have used, as a running relay counts"
        + " it.", mixinStandardHelpOptions = true)
public final class UsageCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> COUNTS = List.of("requests", "estimated", "input_tokens", "cached_tokens",
            "output_tokens");

    @Mixin
    private AdminClient admin;

    @Option(names = "--by", paramLabel = "KIND", description = "key, group, route or model. Default: ${DEFAULT-VALUE}")
    private Kind by = Kind.KEY;

    @Option(names = "--window", paramLabel = "NAME",
            description = "day, month, or the window of a budget, such as 7d. Default: ${DEFAULT-VALUE}")
    private String window = "day";

    @Option(names = "--past", description = "Also prints windows that have ended, at most two days ago.")
    private boolean isPast;

    @Option(names = "--json", description = "Prints JSON, as the admin listener serves it under /usage.")
    private boolean isJson;

    @Spec
    private CommandSpec spec;

    UsageCommand() {
    }

    /** The kinds of accounts. */
    private enum Kind {
        KEY, GROUP, ROUTE, MODEL
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<JsonNode> chosen = choose(admin.ask("GET", "/usage", null), Instant.now());
        PrintWriter out = spec.commandLine().getOut();
        if (isJson) {
            ArrayNode list = JSON.createArrayNode();
            chosen.forEach(list::add);
            out.println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(list));
        } else {
            print(chosen, out);
        }
        return 0;
    }

    private List<JsonNode> choose(JsonNode all, Instant now) {
        List<JsonNode> chosen = new ArrayList<>();
        for (JsonNode each : all) {
            boolean isOver = !Instant.parse(each.path("end").asText()).isAfter(now);
            if (each.path("by").asText().equals(by.name().toLowerCase(Locale.ROOT))
                    && each.path("window").asText().equals(window) && (isPast || !isOver)) {
                chosen.add(each);
            }
        }
        chosen.sort(Comparator.comparing((JsonNode each) -> each.path("usd").decimalValue())
                .thenComparing(each -> each.path("input_tokens").asLong() + each.path("output_tokens").asLong())
                .reversed());
        return chosen;
    }

    private void print(List<JsonNode> chosen, PrintWriter out) {
        Map<String, List<JsonNode>> bySpan = new TreeMap<>();
        chosen.forEach(each -> bySpan.computeIfAbsent(each.path("start").asText() + " to " + each.path("end").asText(),
                span -> new ArrayList<>()).add(each));
        if (bySpan.isEmpty()) {
            out.println("nothing was used by any " + by.name().toLowerCase(Locale.ROOT) + " in this window (" + window
                    + ')');
        }
        bySpan.forEach((span, entries) -> {
            out.println(window + ", " + span);
            out.printf("%-32s %10s %10s %14s %14s %14s %14s%n", by.name().toLowerCase(Locale.ROOT), "requests",
                    "estimated", "input", "cached", "output", "USD");
            long[] sums = new long[COUNTS.size()];
            BigDecimal dollars = BigDecimal.ZERO;
            for (JsonNode entry : entries) {
                long[] counts = COUNTS.stream().mapToLong(name -> entry.path(name).asLong()).toArray();
                BigDecimal usd = entry.path("usd").decimalValue();
                line(out, entry.path("name").asText(), counts, usd);
                for (int i = 0; i < sums.length; i++) {
                    sums[i] += counts[i];
                }
                dollars = dollars.add(usd);
            }
            line(out, "(all)", sums, dollars);
        });
    }

    private static void line(PrintWriter out, String name, long[] counts, BigDecimal usd) {
        out.printf(Locale.ROOT, "%-32s %,10d %,10d %,14d %,14d %,14d %,14.6f%n", name, counts[0], counts[1], counts[2],
                counts[3], counts[4], usd);
    }
}
