// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigWarningsTest {
    private static final Instant NOW = Instant.parse("2026-11-26T00:00:00Z");
    private static final String BASE = """
            listeners: [{address: 127.0.0.1:1}]
            clusters: {a: {endpoints: [{url: "http://b"}]}}
            """;

    private static List<String> warnings(String base, String yaml, KeyConfig... ofFile) {
        RelayConfig config = new ConfigLoader(Map.<String, String>of()::get).parse("f.yaml", base + yaml).config();
        return ConfigWarnings.of(config, List.of(ofFile), NOW).stream().map(ConfigWarnings.Warning::path).toList();
    }

    /** The last route of each line is hidden if the second column says so. */
    @ParameterizedTest
    @CsvSource({
        "gpt-5* gpt-5, true", "gpt-5 gpt-5, true", "* gpt-5*, true", "gpt-* gpt-*-codex, true", "*codex* *-codex, true",
        "gpt-5 gpt-5*, false", "gpt-*-codex gpt-*, false", "gpt-5* gpt-4*, false", "a b * c, true",
        "gpt-5*x gpt-5x*, false", "*a*b* *b*a*, false", "g*5 gpt-5, true", "gpt-5, false"
    })
    void shouldFindARouteThatAnEarlierOneHides(String models, boolean isHidden) {
        StringBuilder routes = new StringBuilder("routes:\n");
        for (String model : models.split(" ")) {
            routes.append("  - {model: \"").append(model).append("\", cluster: a}\n");
        }
        int last = models.split(" ").length - 1;

        assertEquals(isHidden ? List.of("routes[" + last + "].model") : List.of(), warnings(BASE, routes.toString()));
    }

    @Test
    void shouldFindKeysThatShareALabelOrHaveExpired() {
        String route = "routes: [{model: m, cluster: a}]\n";
        String keys = route + "keys:\n" + Stream.of("{label: a, %s1}", "{label: b, expires: 2026-11-25T00:00:00Z, %s2}",
                "{label: a, %s3}", "{label: c, expires: 2026-11-27T00:00:00Z, %s4}")
                .map(key -> "  - " + key.formatted("sha256: " + "0".repeat(63)) + "\n").reduce("", String::concat);

        assertEquals(List.of("keys[1].expires", "keys[2].label"), warnings(BASE, keys));
        assertEquals(List.of("keys[1].expires", "keys[2].label", "key_file", "key_file"), warnings(BASE, keys,
                KeyConfig.ofSecret("c", "x"), KeyConfig.ofSecret("d", "y").withExpiry(NOW)));
    }

    @Test
    void shouldFindAClusterWithoutARoute() {
        String routes = "routes: [{model: m, cluster: a}]\n";
        String twoClusters = BASE.replace("{a:", "{z: {endpoints: [{url: \"http://z\"}]}, a:");

        assertEquals(List.of(), warnings(twoClusters, routes + "default_cluster: z\n"));
        assertEquals(List.of("clusters.z"), warnings(twoClusters, routes));
    }
}
