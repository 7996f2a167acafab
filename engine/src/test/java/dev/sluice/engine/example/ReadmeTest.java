// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The README's example is the compiled one, line by line. */
class ReadmeTest {
    private static final Path EXAMPLE = Path.of("src/test/java/dev/sluice/engine/example/EmbeddedRelay.java");
    private static final Path README = Path.of("../README.md");

    @Test
    void shouldQuoteTheCompiledExample() throws IOException {
        assertEquals(quotable(), quoted());
    }

    private static String quotable() throws IOException {
        List<String> lines = new ArrayList<>();
        boolean isQuoted = false;
        for (String line : Files.readAllLines(EXAMPLE)) {
            if (line.strip().equals("// [embed]")) {
                isQuoted = !isQuoted;
                if (!isQuoted && lines.get(lines.size() - 1).startsWith("import")) {
                    lines.add("");
                }
            } else if (isQuoted) {
                lines.add(line.startsWith("        ") ? line.substring(8) : line);
            }
        }
        return String.join("\n", lines);
    }

    private static String quoted() throws IOException {
        String readme = Files.readString(README);
        int start = readme.indexOf("```java\n") + "```java\n".length();
        return readme.substring(start, readme.indexOf("\n```", start));
    }
}
