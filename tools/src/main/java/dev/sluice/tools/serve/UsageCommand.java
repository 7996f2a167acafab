// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.sluice.engine.config.AdminConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The {@code sluice usage} command. */
@Command(name = "usage", description = "Prints what keys, groups, routes or models have used, as a running relay counts"
        + " it.", mixinStandardHelpOptions = true)
public final class UsageCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final List<String> COUNTS = List.of("requests", "estimated", "input_tokens", "cached_tokens",
            "output_tokens");

    @ArgGroup(multiplicity = "1")
    private Source source;

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

    /** The relay to ask. */
    private static final class Source {
        @Option(names = {"-c", "--config"}, paramLabel = "FILE",
                description = "Configuration file of the relay, which names its admin listener.")
        Path file;

        @Option(names = "--admin", paramLabel = "HOST:PORT", description = "Admin listener of the relay.")
        String admin;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        String address = source.admin != null ? source.admin : addressOf(source.file);
        List<JsonNode> chosen = choose(read(address), Instant.now());
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

    private String addressOf(Path file) throws IOException {
        // What stands for a secret is not needed here, and may be set for the relay only.
        UnaryOperator<String> environment = name -> System.getenv().getOrDefault(name, "unset");
        AdminConfig admin = new ConfigLoader(environment).load(file).config().admin();
        if (admin == null || admin.port() == 0) {
            throw new CommandLine.ParameterException(spec.commandLine(), file + ": no admin listener with a port"
                    + " (expected: admin: {address: 127.0.0.1:9090}, or --admin)");
        }
        return admin.host() + ':' + admin.port();
    }

    private static JsonNode read(String address) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer;
        try {
            answer = HttpClient.newBuilder().connectTimeout(TIMEOUT).build().send(HttpRequest.newBuilder(
                    URI.create("http://" + address + "/usage")).timeout(TIMEOUT).build(),
                    HttpResponse.BodyHandlers.ofByteArray());
        } catch (ConnectException | IllegalArgumentException e) {
            throw new IOException(address + ": no admin listener there (expected: HOST:PORT of a running relay)", e);
        }
        if (answer.statusCode() != 200) {
            throw new IOException("http://" + address + "/usage: status " + answer.statusCode() + " (expected: 200)");
        }
        return JSON.readTree(answer.body());
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
