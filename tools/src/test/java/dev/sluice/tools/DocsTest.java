// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Relay;
import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.MetricsFormat;
import dev.sluice.engine.spi.MetricsSnapshot;
import dev.sluice.protocol.error.ErrorCode;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The documentation agrees with the code: links, commands, metrics, error codes and admin pages. */
class DocsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern CONSOLE = Pattern.compile("```console\n(.*?)```", Pattern.DOTALL);
    private static final Pattern PLACEHOLDER = Pattern.compile("`[^`\n]*`");

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.list(ROOT.resolve("docs"));
                Stream<Path> top = Files.list(ROOT);
                Stream<Path> results = Files.list(ROOT.resolve("bench/results"))) {
            List<Path> pages = new ArrayList<>(Stream.of(docs, top, results).flatMap(each -> each)
                    .filter(path -> path.toString().endsWith(".md")).toList());
            pages.add(ROOT.resolve("bench/README.md"));
            pages.add(ROOT.resolve("bench/HISTORY.md"));
            return pages;
        }
    }

    private static String read(String page) throws IOException {
        return Files.readString(ROOT.resolve(page));
    }

    @Test
    void shouldHaveNoBrokenLink() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path page : pages()) {
            String text = Files.readString(page).replaceAll("(?s)```.*?```", "");
            for (MatchResult link : LINK.matcher(PLACEHOLDER.matcher(text).replaceAll("``")).results().toList()) {
                String[] target = link.group(1).split("#", 2);
                if (link.group(1).matches("[a-z]+:.*")) {
                    continue; // another site: this test does not need the network
                }
                Path file = target[0].isEmpty() ? page : page.getParent().resolve(target[0]).normalize();
                boolean isFound = Files.exists(file) && (target.length < 2 || anchors(file).contains(target[1]));
                if (!isFound) {
                    broken.add(ROOT.relativize(page) + ": " + link.group(1));
                }
            }
        }
        assertEquals(List.of(), broken);
    }

    /** Returns the anchors that GitHub makes of the headings of a page. */
    private static Set<String> anchors(Path page) throws IOException {
        Set<String> anchors = new HashSet<>();
        for (String line : Files.readString(page).replaceAll("(?s)```.*?```", "").lines().toList()) {
            Matcher heading = Pattern.compile("#{1,6} +(.+)").matcher(line);
            if (heading.matches()) {
                String plain = heading.group(1).toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}_ -]", "")
                        .replace(' ', '-');
                String anchor = plain;
                for (int i = 1; !anchors.add(anchor); i++) {
                    anchor = plain + '-' + i;
                }
            }
        }
        return anchors;
    }

    /** Each {@code sluice} command of a console block has a valid command line, and each script exists. */
    @Test
    void shouldShowCommandsThatExist() throws IOException {
        int commands = 0;
        for (Path page : pages()) {
            for (MatchResult block : CONSOLE.matcher(Files.readString(page)).results().toList()) {
                for (String line : block.group(1).replace("\\\n", " ").lines().toList()) {
                    if (!line.startsWith("$ ")) {
                        continue;
                    }
                    List<String> words = new ArrayList<>(Arrays.asList(line.substring(2).replaceAll("#.*", "").trim()
                            .split("\\s+")));
                    words.removeIf(word -> word.matches("[A-Z_]+=.*"));
                    String program = words.remove(0);
                    if (program.endsWith("/sluice")) {
                        assertParses(page, words.stream().takeWhile(word -> !word.matches("[|>&<].*"))
                                .map(word -> word.replaceAll("^['\"]|['\"]$", "").replaceAll("\\$\\S+", "1")).toList());
                        commands++;
                    } else if (program.contains("/")) {
                        assertTrue(Files.exists(ROOT.resolve(program)), page + ": " + program);
                    }
                }
            }
        }
        assertTrue(commands > 8, "commands in the documentation: " + commands);
    }

    private static void assertParses(Path page, List<String> arguments) {
        try {
            Main.commandLine().parseArgs(arguments.toArray(String[]::new));
        } catch (CommandLine.ParameterException e) {
            throw new AssertionError(page + ": sluice " + String.join(" ", arguments) + ": " + e.getMessage(), e);
        }
    }

    /** The page of commands is what the commands print, so every flag is in it. */
    @Test
    void shouldPrintTheHelpOfEveryCommand() throws IOException {
        String page = read("docs/command-line.md");
        assertPrinted(Main.commandLine(), page);
    }

    private static void assertPrinted(CommandLine command, String page) {
        String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF).replace(System.lineSeparator(), "\n");
        assertTrue(page.contains("\n```text\n" + help + "```\n"), () -> "docs/command-line.md: another help of '"
                + command.getCommandSpec().qualifiedName() + "' (expected: as docs/command-line.sh prints)\n" + help);
        command.getSubcommands().values().stream().filter(each -> !(each.getCommand()
                instanceof CommandLine.HelpCommand)).forEach(each -> assertPrinted(each, page));
    }

    @Test
    void shouldExplainEveryErrorCode() throws IOException {
        Set<String> rows = Pattern.compile("^\\| (\\d{3} `\\w+`) \\|", Pattern.MULTILINE)
                .matcher(read("docs/troubleshooting.md")).results().map(row -> row.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> codes = Arrays.stream(ErrorCode.values()).map(code -> code.status() + " `" + code.code() + '`')
                .collect(Collectors.toCollection(TreeSet::new));

        assertEquals(codes, rows);
    }

    /** Each metric that the dashboard and the alert rules name exists. */
    @Test
    void shouldNameExistingMetricsInDashboardAndAlerts() throws IOException {
        Set<String> known = Pattern.compile("^\\| `(sluice_\\w+)` \\|", Pattern.MULTILINE)
                .matcher(read("docs/operating.md")).results().map(row -> row.group(1)).collect(Collectors.toSet());
        for (String file : new String[] {"deploy/grafana/sluice.json", "deploy/prometheus/sluice-alerts.yaml"}) {
            Set<String> named = Pattern.compile("\\bsluice_\\w+").matcher(read(file)).results()
                    .map(name -> name.group().replaceFirst("_(bucket|sum|count)$", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertTrue(named.size() > 5, file);
            named.removeAll(known);
            assertEquals(Set.of(), named, file);
        }
    }

    @Test
    void shouldListEveryMetric() throws IOException {
        Set<String> rows = Pattern.compile("^\\| `(sluice_\\w+)` \\| (counter|gauge|histogram) \\|"
                + "(?: (`\\w+`(?:, `\\w+`)*) \\|)?",
                Pattern.MULTILINE).matcher(read("docs/operating.md")).results().map(row -> row.group(1) + ' '
                + row.group(2) + (row.group(3) == null ? "" : ' ' + row.group(3).replace("`", "")))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> metrics = new TreeSet<>();
        RelayConfig config = RelayConfig.builder().cluster(ClusterConfig.of("c", EndpointConfig.of("http://a", null)))
                .route(RouteConfig.of("*", "c")).build();
        try (Relay relay = Relay.launch(config, Extensions.NONE)) {
            MetricsSnapshot snapshot = relay.metrics();
            snapshot.counters().forEach(value -> metrics.add("sluice_" + value.name() + "_total counter"));
            snapshot.gauges().forEach(value -> metrics.add("sluice_" + value.name() + " gauge"));
            snapshot.timings().forEach(value -> metrics.add("sluice_" + value.name() + "_seconds histogram"));
            snapshot.families().forEach(family -> metrics.add("sluice_" + family.name()
                    + (family.kind() == MetricsSnapshot.Kind.COUNTER ? "_total counter " : " gauge ")
                    + String.join(", ", family.labels())));
        }

        assertEquals(metrics, rows);
    }

    /** The table of admin paths is what the admin listener serves. */
    @Test
    void shouldListEveryAdminPath() throws Exception {
        Set<String> rows = Pattern.compile("^\\| `(/[\\w/]*)` \\|", Pattern.MULTILINE)
                .matcher(read("docs/operating.md")).results().map(row -> row.group(1)).collect(Collectors.toCollection(
                TreeSet::new));
        RelayConfig config = RelayConfig.builder().cluster(ClusterConfig.of("c", EndpointConfig.of("http://a", null)))
                .route(RouteConfig.of("*", "c")).admin(new AdminConfig("127.0.0.1", 0)).build();
        MetricsFormat format = new MetricsFormat() {
            @Override
            public String contentType(String accept) {
                return "text/plain";
            }

            @Override
            public void write(MetricsSnapshot snapshot, String accept, OutputStream out) {
                throw new AssertionError("not asked");
            }
        };
        try (Relay relay = Relay.launch(config, Extensions.builder().metricsFormat(format).build())) {
            String served = HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                    + relay.adminPort() + "/none")).build(), HttpResponse.BodyHandlers.ofString()).body();
            assertEquals(rows, new TreeSet<>(List.of(served.strip().replace("served here: ", "").split(", "))));
        }
    }

    /** The README fits on two screens, and every page of the documentation is in the list of pages. */
    @Test
    void shouldListEveryPage() throws IOException {
        String index = read("docs/README.md");
        for (Path page : pages()) {
            if (page.getParent().endsWith("docs") && !page.endsWith("README.md")) {
                assertTrue(index.contains("](" + page.getFileName() + ")"), page.toString());
            }
        }
        assertTrue(read("README.md").lines().count() <= 100, "README.md: over 100 lines");
    }
}
