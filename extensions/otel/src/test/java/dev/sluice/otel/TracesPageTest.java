// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.otel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.opentelemetry.api.common.AttributeKey;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The page about traces lists every attribute and every metric. */
class TracesPageTest {

    private static Set<String> rows(String from, String to) throws IOException {
        String page = Files.readString(Path.of("..", "..", "docs", "traces.md"));
        return Pattern.compile("^\\| `([a-z_.]+\\.[a-z_.]+)` \\|", Pattern.MULTILINE).matcher(page.substring(
                page.indexOf(from), page.indexOf(to))).results().map(row -> row.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void shouldListEveryName() throws Exception {
        Set<String> attributes = new TreeSet<>();
        Set<String> metrics = new TreeSet<>();
        for (Field field : Names.class.getDeclaredFields()) {
            Object value = field.get(null);
            if (value instanceof AttributeKey<?> key) {
                attributes.add(key.getKey());
            } else if (value instanceof String text && text.startsWith("gen_ai.")) {
                metrics.add(text);
            }
        }

        assertEquals(attributes, rows("## Spans", "## GenAI metrics"));
        assertEquals(metrics, rows("## GenAI metrics", "## In a program"));
    }
}
