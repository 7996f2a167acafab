// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.tools.mock.MockOptions;
import dev.sluice.tools.mock.MockUpstream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The pages of {@code sluice load}, in a real browser. */
class LoadPageIT {
    private static final List<String> CHARTS = List.of("first_event", "event", "answer", "latency", "throughput");
    private static Browser browser;
    @TempDir
    private static Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Makes two results, the second one with errors. */
    @BeforeAll
    static void measure() {
        LoadPageIT test = new LoadPageIT();
        try (MockUpstream good = new MockUpstream("127.0.0.1", 0, new MockOptions(), report -> { });
             MockUpstream broken = new MockUpstream("127.0.0.1", 0, new MockOptions().set("fault", "close"),
                     report -> { })) {
            assertEquals(0, test.load(good.port(), "one"), () -> test.err.toString());
            assertEquals(1, test.load(broken.port(), "two"), () -> test.err.toString());
        }
        browser = Browser.start();
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
    }

    private int run(String... arguments) {
        return Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
    }

    private int load(int port, String name) {
        return run("load", "--url", "http://127.0.0.1:" + port + "/v1", "--streams", "4", "--seconds", "3", "--warmup",
                "0", "--events", "20", "--pace-ms", "5", "--key", "sk-secret", "--json", file(name + ".json"), "--html",
                file(name + ".html"));
    }

    private static String file(String name) {
        return folder.resolve(name).toString();
    }

    private static void requireCharts() {
        for (String chart : CHARTS) {
            assertEquals(true, browser.run("const canvas = document.getElementById('" + chart + "');"
                    + "const blank = document.createElement('canvas'); blank.width = canvas.width;"
                    + "blank.height = canvas.height; return canvas.toDataURL() !== blank.toDataURL();"),
                    chart + ": nothing is drawn");
        }
    }

    @ParameterizedTest
    @CsvSource({"1300, light", "1300, dark", "390, light"})
    void shouldShowAResult(int width, String scheme) throws IOException {
        browser.open(Path.of(file("one.html")).toUri().toString(), width, 900, scheme);

        requireCharts();
        browser.requireNoSidewaysScroll();
        assertTrue(browser.text("#tiles").contains("no wrong byte"), browser.text("#tiles"));
        assertTrue(browser.text("#how").contains("sluice load --url http://127.0.0.1:"), browser.text("#how"));
        assertTrue(browser.text("#how").contains("--key ..."), browser.text("#how"));
        assertTrue(browser.text("#percentiles").contains("first event"), browser.text("#percentiles"));
        browser.picture("load-" + scheme + '-' + width);
        browser.run("const which = document.getElementById('which'); which.value = 'answer';"
                + "which.dispatchEvent(new Event('change'));");
        requireCharts();
        assertEquals(List.of(), browser.complaints());
    }

    @Test
    void shouldShowTwoResultsSideBySide() throws IOException {
        assertEquals(0, run("load", "--compare", file("one.json"), file("two.json"), "--html", file("both.html")),
                () -> err.toString());
        assertTrue(out.toString().matches("(?s).*answers/s +[\\d,.]+ +[\\d,.]+ +[\\d.]+\\R.*errors +0\\.0 +.*"),
                () -> out.toString());

        browser.open(Path.of(file("both.html")).toUri().toString(), 1300, 900, "light");

        requireCharts();
        browser.requireNoSidewaysScroll();
        assertEquals("Two runs side by side", browser.text("#title"));
        assertTrue(browser.text("#percentiles").contains("ratio"), browser.text("#percentiles"));
        assertTrue(browser.text("#errors").contains("first second"), browser.text("#errors"));
        assertTrue(browser.find("#errors tr").size() > 4, browser.text("#errors"));
        browser.picture("load-compared");
        assertEquals(List.of(), browser.complaints());
    }

    @Test
    void shouldNotWriteTheKey() throws IOException {
        for (String name : new String[] {"one.json", "one.html"}) {
            assertFalse(Files.readString(folder.resolve(name)).contains("sk-secret"), name);
        }
        JsonNode result = new ObjectMapper().readTree(folder.resolve("one.json").toFile());
        assertEquals(3, result.path("each_second").size());
        assertTrue(result.at("/curves/event/points").size() > 3);
        assertTrue(result.at("/machine/processors").asInt() > 0);
    }

    @Test
    void shouldSayWhatIsNoResult() throws IOException {
        Files.writeString(folder.resolve("none.json"), "{}");

        assertEquals(1, run("load", "--compare", file("one.json"), file("none.json")));

        assertTrue(err.toString().contains("none.json: not a result (expected: what --json of this version writes)"),
                err.toString());
    }
}
