// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.RelayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The reference of settings in the documentation agrees with the reader of configuration files. */
class ConfigurationPageTest {
    private static final Path PAGE = Path.of("..", "docs", "configuration.md");
    private static final Pattern ROW = Pattern.compile("^\\| `(\\w+)` \\| (.+?) \\| ?(.*?) ?\\| .+ \\|$",
            Pattern.MULTILINE);
    private static final Pattern BLOCK = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);
    /** The settings that make a section complete, besides the one under test. */
    private static final Map<String, String> REQUIRED = Map.of(
            "routes[]", "model: m, cluster: a, ",
            "admin", "address: \"127.0.0.1:0\", ",
            "clusters.*", "endpoints: [{url: \"http://b\"}], ",
            "clusters.*.endpoints[]", "url: \"http://b\", ",
            "clusters.*.health.check", "path: /p, ",
            "keys[]", "label: a, sha256: \"" + "0".repeat(64) + "\", ",
            "keys[].budgets[]", "window: day, ",
            "prices[]", "model: m, ",
            "otel", "endpoint: \"http://h\", ",
            "state.redis", "url: \"redis://h\", ");

    @TempDir
    private Path folder;

    /** Returns the parts of the reference by the names of their sections. */
    private static Map<String, String> sections() throws IOException {
        Map<String, String> sections = new LinkedHashMap<>();
        String reference = Files.readString(PAGE).split("\n## Reference\n")[1];
        for (String part : reference.split("\n### ")) {
            if (!part.isBlank()) {
                String title = part.lines().findFirst().orElseThrow().replace("`", "");
                sections.put(title.equals("Top level") ? "" : title, part);
            }
        }
        return sections;
    }

    private RelayConfig parse(String yaml) throws IOException {
        String base = """
                listeners: [{address: 127.0.0.1:0}]
                clusters: {a: {endpoints: [{url: "http://b"}]}, openai: {endpoints: [{url: "http://b"}]}}
                routes: [{model: m, cluster: CLUSTER}]
                keys: [{label: k, sha256: %s}]
                """.formatted("f".repeat(64));
        StringBuilder all = new StringBuilder(yaml).append('\n');
        for (String line : base.lines().toList()) {
            if (!Pattern.compile("^" + line.substring(0, line.indexOf(':')) + ":", Pattern.MULTILINE).matcher(yaml)
                    .find()) {
                all.append(line.replace("CLUSTER", firstCluster(yaml))).append('\n');
            }
        }
        Path file = Files.writeString(folder.resolve("any"), "sk-x");
        String text = Pattern.compile("[\\w-]+\\.(pem|key|jsonl|token|headers)\\b").matcher(all).replaceAll(
                Matcher.quoteReplacement(file.toString()));
        return new ConfigLoader(variable -> "sk-x").parse("f.yaml", text).config();
    }

    private static String firstCluster(String yaml) {
        Matcher cluster = Pattern.compile("^clusters:\\s*\\{?\\s*([\\w.-]+):", Pattern.MULTILINE).matcher(yaml);
        return cluster.find() ? cluster.group(1) : "a";
    }

    @Test
    void shouldListEverySettingOfEverySection() throws IOException {
        Map<String, List<String>> listed = new LinkedHashMap<>();
        sections().forEach((section, text) -> listed.put(section, ROW.matcher(text).results()
                .map(row -> row.group(1)).sorted().toList()));
        Map<String, List<String>> known = new LinkedHashMap<>();
        Settings.bySections().forEach((section, names) -> known.put(section, names.stream().sorted().toList()));

        known.forEach((section, names) -> assertEquals(names, listed.get(section), section));
        assertEquals(known.keySet(), Map.copyOf(listed).keySet());
    }

    /** Each section has an example that contains each of its settings. */
    @TestFactory
    Stream<DynamicTest> shouldHaveAnExampleOfEverySetting() throws IOException {
        return sections().entrySet().stream().map(section -> DynamicTest.dynamicTest("in " + section.getKey(), () -> {
            String example = BLOCK.matcher(section.getValue()).results().map(block -> block.group(1))
                    .reduce("", String::concat);
            for (String name : Settings.names(section.getKey())) {
                assertTrue(Pattern.compile("\\b" + name + ":").matcher(example).find(), name);
            }
            parse(example);
        }));
    }

    /** A setting that has its documented default changes nothing. */
    @TestFactory
    Stream<DynamicTest> shouldHaveTheDefaultsOfTheTables() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        sections().forEach((section, text) -> ROW.matcher(text).results()
                .filter(row -> row.group(3).matches("`[^`]+`")).forEach(row -> tests.add(DynamicTest.dynamicTest(
                        section + '.' + row.group(1), () -> assertEquals(parse(with(section, "")),
                                parse(with(section, row.group(1) + ": " + row.group(3).replace("`", ""))))))));
        assertTrue(tests.size() > 60, () -> tests.size() + " defaults");
        return tests.stream();
    }

    /** Returns a file in which a section has one setting besides those that it needs. */
    private static String with(String section, String setting) {
        String inner = '{' + REQUIRED.getOrDefault(section, "") + setting + '}';
        String[] parts = section.split("\\.");
        for (int i = parts.length - 1; i > 0; i--) {
            String name = parts[i].equals("*") ? "a" : parts[i].replace("[]", "");
            String value = parts[i].endsWith("[]") ? '[' + inner + ']' : inner;
            String needed = i == 2 && parts[0].equals("clusters") && !name.equals("endpoints")
                    ? "endpoints: [{url: \"http://b\"}], " : i == 1 && parts[0].equals("routes[]")
                    ? "model: m, cluster: a, " : "";
            inner = '{' + needed + name + ": " + value + '}';
        }
        return section.isEmpty() ? setting : parts[0].replace("[]", "") + ": "
                + (parts[0].endsWith("[]") ? '[' + inner + ']' : inner);
    }

    @Test
    void shouldHaveValidExamplesOnEveryPage() throws IOException {
        try (Stream<Path> pages = Files.list(PAGE.getParent())) {
            for (Path page : Stream.concat(pages, Stream.of(Path.of("..", "README.md")))
                    .filter(path -> path.toString().endsWith(".md")).toList()) {
                for (String block : BLOCK.matcher(Files.readString(page)).results().map(MatchResult::group).toList()) {
                    String yaml = block.replace("```yaml\n", "").replace("```", "");
                    boolean isOurs = Settings.names("").stream().anyMatch(name -> Pattern.compile("^" + name + ":",
                            Pattern.MULTILINE).matcher(yaml).find());
                    if (isOurs) {
                        parse(yaml);
                    }
                }
            }
        }
    }
}
