// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.AffinityConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RetryConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.StoreLoss;
import dev.sluice.engine.config.TransportConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.config.WebSocketMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigLoaderTest {
    private static final String FULL = """
            listeners:
              - address: 127.0.0.1:8080
              - address: "[::1]:8081"
            admin:
              address: 127.0.0.1:9090
            clusters:
              openai:
                endpoints:
                  - url: https://api.openai.com/v1
                    api_key: ${OPENAI_API_KEY}
                  - url: https://other.example${PATH_PREFIX:-/v1}
                content_length: always
            routes:
              - model: gpt-5*
                cluster: openai
                upstream_model: openai/gpt-5
                on_upstream_loss: failed_event
                on_downstream_leave: drain
                retry: {reused_connection: false, idempotent: true, statuses: [500, 502], hedge_quantile: 0.95}
                keep_alive: 30s
              - {model: "*", cluster: openai}
            keys:
              - label: alice
                sha256: 0000000000000000000000000000000000000000000000000000000000000001
                models: [gpt-5*, o3]
            limits:
              max_body_bytes: 16MiB
              hold_bytes: 4096
              held_memory_share: 0.5
            timeouts:
              between_reads: 5m
              exchange: 0
              connect: 250ms
            transport:
              kind: nio
              loops: 3
              spin: true
            """;
    private static final String MINIMAL = """
            listeners: [{address: 127.0.0.1:1}]
            clusters: {a: {endpoints: [{url: "http://b"}]}}
            routes: [{model: m, cluster: a}]
            """;

    private final ConfigLoader loader = new ConfigLoader(Map.of("OPENAI_API_KEY", "sk-env")::get);

    @Test
    void shouldReadEverySetting() {
        RelayConfig config = loader.parse("f.yaml", FULL).config();

        assertEquals("::1", config.listeners().get(1).host());
        assertEquals(9090, config.admin().port());
        assertEquals("sk-env", config.clusters().get(0).endpoints().get(0).apiKey());
        assertEquals("https://other.example/v1", config.clusters().get(0).endpoints().get(1).baseUrl().toString());
        assertNull(config.clusters().get(0).endpoints().get(1).apiKey());
        assertEquals(new RouteConfig("gpt-5*", "openai", "openai/gpt-5", null, RouteConfig.UpstreamLoss.FAILED_EVENT,
                RouteConfig.DownstreamLeave.DRAIN, new RetryConfig(false, true, Set.of(500, 502), 0.95),
                Duration.ofSeconds(30), UsageLimits.NONE), config.routes().get(0));
        assertEquals(RouteConfig.of("*", "openai"), config.routes().get(1));
        assertEquals(List.of("gpt-5*", "o3"), config.keys().get(0).models());
        assertEquals(16 * 1024 * 1024, config.limits().maxBodyBytes());
        assertEquals(4096, config.limits().holdBytes());
        assertEquals(0.5, config.limits().heldMemoryShare());
        assertEquals(Duration.ofMinutes(5), config.timeouts().betweenReads());
        assertEquals(Duration.ofMillis(250), config.timeouts().connect());
        assertEquals(Duration.ofSeconds(75), config.timeouts().downstreamIdle());
        assertEquals(new TransportConfig(TransportConfig.Kind.NIO, 3, true), config.transport());
    }

    @Test
    void shouldReadWhatHappensWhenSomethingIsMissing() {
        RelayConfig config = loader.parse("f.yaml", MINIMAL.replace("{a: {", "{a: {health: {max_rest: 7m}, ") + """
                via: edge-1
                affinity: {unknown_ids: refuse, on_store_loss: refuse}
                limits: {on_quota_loss: continue}
                timeouts: {quota: 500ms, affinity: 300ms}
                """).config();

        assertEquals(Duration.ofMinutes(7), config.clusters().get(0).health().maxRest());
        assertEquals("edge-1", config.via());
        assertEquals(AffinityConfig.UnknownIds.REFUSE, config.affinity().unknownIds());
        assertEquals(StoreLoss.REFUSE, config.affinity().onStoreLoss());
        assertEquals(StoreLoss.CONTINUE, config.limits().onQuotaLoss());
        assertEquals(Duration.ofMillis(500), config.timeouts().quota());
        assertEquals(Duration.ofMillis(300), config.timeouts().affinity());

        RelayConfig plain = loader.parse("f.yaml", MINIMAL + "via: ''\n").config();
        assertEquals("", plain.via());
        assertEquals(AffinityConfig.DEFAULT, plain.affinity());
        assertEquals("sluice", loader.parse("f.yaml", MINIMAL).config().via());
        assertTrue(assertThrows(SettingException.class, () -> loader.parse("f.yaml", MINIMAL + "via: a b\n"))
                .getMessage().contains("via: a b (expected: a token"));
    }

    @Test
    void shouldNeedNoMoreThanThreeLines() {
        RelayConfig config = loader.parse("f.yaml", MINIMAL).config();

        assertEquals("b", config.clusters().get(0).endpoints().get(0).baseUrl().getHost());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "spin: true|spin: maybe|f.yaml, line 37: transport.spin: 'maybe' (expected: true, false)",
        "kind: nio|kind: kqueue|f.yaml, line 35: transport.kind: 'kqueue' (expected: auto, epoll, io_uring, nio)",
        "loops: 3|lops: 3|f.yaml, line 36: transport.lops: unknown setting (did you mean 'loops'?)",
        "loops: 3|loops: x|f.yaml, line 36: transport.loops: 'x' (expected: a number in range)",
        "16MiB|16MB|f.yaml, line 27: limits.max_body_bytes: '16MB' (expected: a size such as 65536, 64KiB or 8MiB)",
        "5m|5min|f.yaml, line 31: timeouts.between_reads: '5min' (expected: a duration such as 250ms,"
            + " 10s, 5m, 1h or 0)",
        "admin:|admn:|f.yaml, line 4: admn: unknown setting (did you mean 'admin'?)",
        "admin:|administration:|f.yaml, line 4: administration: unknown setting (expected: listeners, admin, clusters,"
            + " routes, keys, key_file, groups, prices, budget_zone, profiles, relayed_paths, default_cluster,"
            + " via, affinity, limits, timeouts, http2, transport, state, access_log, on_revoke, otel)",
        "admin:|routs:|f.yaml, line 4: routs: unknown setting (did you mean 'routes'?)",
        "admin:|rotues:|f.yaml, line 4: rotues: unknown setting (did you mean 'routes'?)",
        "admin:|max_exchanges:|f.yaml, line 4: max_exchanges: unknown setting (expected: in 'limits')",
        "admin:|max_in_flight:|f.yaml, line 4: max_in_flight: unknown setting (expected: in 'groups.*' or"
            + " 'clusters.*' or 'clusters.*.endpoints[]' or 'routes[]' or 'keys[]')",
        "kind: nio|keys: nio|f.yaml, line 35: transport.keys: unknown setting (expected: in the top level)",
        "cluster: openai}|cluster: other}|f.yaml, line 21: routes[1].cluster: other (expected: one of openai)",
        "${OPENAI_API_KEY}|${NO_SUCH}|f.yaml, line 10: clusters.openai.endpoints[0].api_key: the environment variable"
            + " NO_SUCH is not set (expected: set it, or give a default as ${NAME:-default})",
        "${OPENAI_API_KEY}|$OPENAI_API_KEY|f.yaml, line 10: clusters.openai.endpoints[0].api_key: a variable in another"
            + " form (expected: ${NAME}, or ${NAME:-default})",
        "${OPENAI_API_KEY}|sk-${OPENAI|f.yaml, line 10: clusters.openai.endpoints[0].api_key: a variable in another"
            + " form (expected: ${NAME}, or ${NAME:-default})",
        "clusters:|x-clusters:|f.yaml, line 1: clusters: missing (expected: settings)",
        "https://api|ftp://api|f.yaml, line 9: endpoint url: ftp://api.openai.com/v1 (expected: http:// or https://"
            + " with a host, without user or fragment)",
        "127.0.0.1:8080|8080|f.yaml, line 2: address: 8080 (expected: HOST:PORT)",
        "label: alice|labl: alice|f.yaml, line 23: keys[0].labl: unknown setting (did you mean 'label'?)",
        "keep_alive: 30s|profile: codx|f.yaml, line 20: routes[0].profile: codx (expected: one of openai, codex-lb,"
            + " codex-lb-lenient, kie, aimlapi, cometapi)",
        "content_length: always|dialect: codx|f.yaml, line 12: clusters.openai.dialect: codx (expected: one of openai,"
            + " codex-lb, codex-lb-lenient, kie, aimlapi, cometapi)",
        "content_length: always|ca_file: /none|f.yaml, line 12: cluster openai: ca_file: /none (expected: a readable"
            + " file)",
        "[::1]:8081|127.0.0.1:8080|f.yaml, line 3: listeners[1].address: 127.0.0.1:8080 twice (expected: each address"
            + " once)",
        "127.0.0.1:9090|127.0.0.1:8080|f.yaml, line 5: admin.address: 127.0.0.1:8080 twice (expected: each address"
            + " once)",
        "held_memory_share: 0.5|held_memory_share: 2|f.yaml, line 29: held_memory_share: 2.0 (expected: above 0, at"
            + " most 1)",
        "0000001|000001|f.yaml, line 24: key alice: sha256 is not 64 hexadecimal digits (expected: the output of"
            + " sha256sum over the key)",
        "connect: 250ms|exchange: 1s|f.yaml, line 33: timeouts.exchange: set twice (expected: once)",
        "model: gpt-5*|modl: x|f.yaml, line 14: routes[0].modl: unknown setting (did you mean 'model'?)",
        "model: gpt-5*|mod: x|f.yaml, line 14: routes[0].mod: unknown setting (did you mean 'model'?)",
        "url: https://api.openai.com/v1|api_key: x|f.yaml, line 10: clusters.openai.endpoints[0].api_key: set twice"
            + " (expected: once)"})
    void shouldNameTheLineWhatWasFoundAndWhatIsExpected(String from, String to, String message) {
        String text = FULL.replace(from, to);

        assertEquals(message, assertThrows(SettingException.class, () -> loader.parse("f.yaml", text)).getMessage());
    }

    @Test
    void shouldRefuseWhatIsNotSettings() {
        for (String text : new String[] {"", "[]", "a", "listeners: {", "listeners: 3", MINIMAL + "keys: null"}) {
            assertThrows(SettingException.class, () -> loader.parse("f.yaml", text), text);
        }
    }

    @Test
    void shouldRefuseToServeOthersWithoutKeys() {
        String text = MINIMAL.replace("127.0.0.1", "0.0.0.0");
        assertEquals("f.yaml, line 1: keys: none, with a listener on 0.0.0.0 (expected: at least one key, or listeners"
                + " on loopback only)",
                assertThrows(SettingException.class, () -> loader.parse("f.yaml", text)).getMessage());
    }

    @Test
    void shouldLetSettingsShareWhatAnExtensionHolds() {
        RelayConfig config = loader.parse("f.yaml", """
                x-endpoint: &endpoint {weight: 3, max_in_flight: 7}
                x-retry: &retry
                  idempotent: true
                x-limits: &limits {<<: *endpoint, warm_connections: 2}
                listeners: [{address: 127.0.0.1:1}]
                clusters:
                  a.b:
                    x-note: free text
                    endpoints:
                      - {<<: *endpoint, url: "http://b", weight: 4}
                      - {url: "http://c", <<: [*limits]}
                routes:
                  - {model: m, cluster: a.b, retry: *retry}
                """).config();

        assertEquals(4, config.clusters().get(0).endpoints().get(0).weight());
        assertEquals(7, config.clusters().get(0).endpoints().get(0).maxInFlight());
        assertEquals(3, config.clusters().get(0).endpoints().get(1).weight());
        assertEquals(2, config.clusters().get(0).endpoints().get(1).warmConnections());
        assertTrue(config.routes().get(0).retry().idempotent());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "limits: &a {<<: *a}|f.yaml: nested too deeply, or an alias within its own anchor (expected: the nesting of the"
            + " settings)",
        "limits: {<<: 3}|f.yaml, line 4: limits.<<: a value (expected: settings, or a list of them)",
        "x-a: &a {loops: 0, kin: 1}; transport: {<<: *a}|f.yaml, line 4: transport.kin: unknown setting (did you mean"
            + " 'kind'?)"})
    void shouldRefuseAnAliasThatCannotBe(String added, String message) {
        assertEquals(message, assertThrows(SettingException.class,
                () -> loader.parse("f.yaml", MINIMAL + added.replace("; ", "\n"))).getMessage());
    }

    @Test
    void shouldTakeOneUpstreamFromTheCommandLine() {
        RelayConfig config = loader.ofArguments("https://api.openai.com/v1", "127.0.0.1:0", "localhost:9", null, "keys",
                "bridge").config();

        assertEquals("sk-env", config.clusters().get(0).endpoints().get(0).apiKey());
        assertEquals("*", config.routes().get(0).model());
        assertEquals("localhost", config.admin().host());
        assertEquals(Path.of("keys"), config.keyFile());
        assertEquals(WebSocketMode.BRIDGE, config.clusters().get(0).websocket());
        assertEquals("0.0.0.0", loader.ofArguments("http://a", "0.0.0.0:0", null, null, "keys", "auto").config().listeners()
                .get(0).host());
    }

    @ParameterizedTest
    @CsvSource({"http://a, 0.0.0.0:0, auto", "https://a, 8080, auto", "a, 127.0.0.1:0, auto",
        "https://a, 127.0.0.1:0, yes"})
    void shouldRefuseArgumentsThatNameNoRelay(String upstream, String listen, String websocket) {
        assertThrows(SettingException.class, () -> loader.ofArguments(upstream, listen, null, null, null, websocket));
    }
}
