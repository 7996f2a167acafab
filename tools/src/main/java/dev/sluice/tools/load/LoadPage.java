// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The page about one result, or about two results side by side; it needs nothing but itself. */
final class LoadPage {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> COMPARED = List.of("first_event", "event", "answer");
    private static final List<String> RANKS = List.of("p50", "p99", "p99.9", "max");

    private LoadPage() {
    }

    /** Reads a result that {@code --json} has written. */
    static JsonNode read(Path file) throws IOException {
        JsonNode result = JSON.readTree(Files.readAllBytes(file));
        if (!result.has("curves") || !result.has("each_second")) {
            throw new IOException(file + ": not a result (expected: what --json of this version writes)");
        }
        return result;
    }

    /** Returns the page. */
    static String of(List<JsonNode> results) throws IOException {
        ArrayNode all = JSON.createArrayNode();
        results.forEach(all::add);
        // Within a script element, only the end of that element could be mistaken for markup.
        String data = JSON.writeValueAsString(all).replace("<", "\\u003c");
        return resource("/dev/sluice/tools/load/report.html").replace("@results@", data)
                .replace("@library@", resource("/META-INF/resources/webjars/chart.js/4.5.1/dist/chart.umd.js"));
    }

    /** Prints two results side by side, with their ratio. */
    static void printComparison(JsonNode one, JsonNode other, PrintWriter out) {
        out.printf(Locale.ROOT, "%-24s %14s %14s %10s%n", "", "first", "second", "ratio");
        row(out, "answers/s", perSecond(one, "answers"), perSecond(other, "answers"));
        row(out, "events/s", perSecond(one, "events"), perSecond(other, "events"));
        row(out, "errors", errors(one), errors(other));
        if (one.has("cpu_seconds") && other.has("cpu_seconds")) {
            row(out, "processor, us/event", cpu(one, "cpu_seconds"), cpu(other, "cpu_seconds"));
            row(out, "in user mode, us/event", cpu(one, "cpu_user_seconds"), cpu(other, "cpu_user_seconds"));
        }
        for (String time : COMPARED) {
            for (String rank : RANKS) {
                row(out, time + ' ' + rank + ", us", one.at("/micros/" + time).path(rank).asDouble(),
                        other.at("/micros/" + time).path(rank).asDouble());
            }
        }
        out.flush();
    }

    private static void row(PrintWriter out, String name, double one, double other) {
        out.printf(Locale.ROOT, "%-24s %,14.1f %,14.1f %10s%n", name, one, other, one == 0 ? "-"
                : String.format(Locale.ROOT, "%.3f", other / one));
    }

    private static double perSecond(JsonNode result, String name) {
        return result.path(name).asDouble() / result.path("seconds").asDouble(1);
    }

    private static double cpu(JsonNode result, String name) {
        return result.path(name).asDouble() * 1e6 / Math.max(1, result.path("events").asLong());
    }

    private static double errors(JsonNode result) {
        double sum = 0;
        for (JsonNode count : result.path("errors")) {
            sum += count.asDouble();
        }
        return sum;
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = LoadPage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException(name + ": not on the class path (expected: part of the tools' jars)");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
