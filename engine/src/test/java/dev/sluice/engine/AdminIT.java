// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.AccessLogConfig;
import dev.sluice.engine.config.AdminConfig;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RevokePolicy;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TlsConfig;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.MetricsSnapshot;
import dev.sluice.engine.spi.MetricsSnapshot.Sample;
import dev.sluice.protocol.json.JsonTree;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The admin listener of a running relay. */
class AdminIT extends RelayFixture {
    private static final String TOKEN = "the-token-of-the-operator";
    private static final String ANSWER = ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(CREATED + DELTA
            + COMPLETED) + ScriptedUpstream.chunk("");

    @TempDir
    private Path folder;
    private Path tokenFile;
    private Path keyFile;

    @BeforeEach
    void create() throws IOException {
        tokenFile = Files.writeString(folder.resolve("token"), TOKEN);
        keyFile = Files.writeString(folder.resolve("keys.jsonl"), "");
    }

    private void launchWithAdmin(UnaryOperator<RelayConfig.Builder> more) {
        launch(route -> route, builder -> more.apply(builder.admin(new AdminConfig("127.0.0.1", 0).withTokenFile(
                tokenFile)).keyFile(keyFile)));
    }

    private RawPeer.Message admin(String method, String path, String body) throws IOException {
        try (RawPeer client = RawPeer.connect(relay.adminPort())) {
            return client.write(method + ' ' + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + TOKEN
                    + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body).readMessage();
        }
    }

    private static String ask(String key) {
        return "POST /v1/responses HTTP/1.1\r\nHost: r\r\nAuthorization: Bearer " + key + "\r\nContent-Length: "
                + BODY.length() + "\r\nContent-Type: application/json\r\n\r\n" + BODY;
    }

    private String newKey(String label) throws IOException {
        String text = admin("POST", "/keys", "{\"label\":\"" + label + "\"}").text();
        return ((Map<?, ?>) JsonTree.read(text.getBytes(StandardCharsets.UTF_8))).get("key").toString();
    }

    private int status(String key) throws IOException {
        try (RawPeer client = connect()) {
            return Integer.parseInt(client.write(ask(key)).readMessage().head().substring(9, 12));
        }
    }

    @Test
    void shouldCreateLimitAndRevokeAKeyWithoutARestart() throws Exception {
        launchWithAdmin(builder -> builder.key(KeyConfig.ofSecret("fixed", "sk-fixed")));
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                peer.write(ANSWER);
            }
        });

        String key = newKey("alice");
        assertEquals(200, status(key));
        assertTrue(admin("PATCH", "/keys/alice", "{\"requests_per_minute\":1}").head().contains(" 200 "));
        assertTrue(admin("GET", "/keys/alice", "").text().contains("\"requests_per_minute\":1"));
        assertEquals(200, status(key));
        assertEquals(429, status(key));
        assertTrue(admin("PATCH", "/keys/alice", "{\"requests_per_minute\":null}").head().contains(" 200 "));
        assertEquals(200, status(key));
        assertTrue(admin("DELETE", "/keys/alice", "").head().contains(" 200 "));
        assertEquals(401, status(key));
        assertEquals("[{\"label\":\"fixed\",\"source\":\"configuration\"}]\n", admin("GET", "/keys", "").text());
        assertEquals("", Files.readString(keyFile).strip());
    }

    @Test
    void shouldSayWhyAKeyCannotBeChanged() throws Exception {
        launchWithAdmin(builder -> builder.key(KeyConfig.ofSecret("fixed", "sk-fixed")));

        assertRefused(409, "key fixed: in the configuration", admin("DELETE", "/keys/fixed", ""));
        assertRefused(404, "key nobody: unknown", admin("DELETE", "/keys/nobody", ""));
        assertRefused(404, "key nobody: unknown", admin("PATCH", "/keys/nobody", "{}"));
        assertRefused(404, "key nobody: unknown", admin("GET", "/keys/nobody", ""));
        assertRefused(400, "label: cannot change", admin("PATCH", "/keys/a", "{\"label\":\"b\"}"));
        assertRefused(400, "label: of a key in the configuration", admin("POST", "/keys", "{\"label\":\"fixed\"}"));
        assertRefused(400, "budgets: two for day in usd", admin("POST", "/keys", "{\"label\":\"a\",\"budgets\":"
                + "[{\"window\":\"day\",\"usd\":1},{\"window\":\"day\",\"usd\":2}]}"));
        assertRefused(400, "sha256: given", admin("POST", "/keys", "{\"label\":\"a\",\"sha256\":\"x\"}"));
        assertRefused(400, "body: not an object", admin("POST", "/keys", "[]"));
        assertRefused(400, "limit: unknown", admin("POST", "/keys", "{\"label\":\"a\",\"limit\":1}"));
        assertRefused(405, "DELETE: not for this path", admin("DELETE", "/keys", ""));
        assertRefused(405, "only DELETE, GET, PATCH, POST is served here", admin("PUT", "/keys", ""));
        try (RawPeer client = RawPeer.connect(relay.adminPort())) {
            assertRefused(401, "authorization: missing", client.write("DELETE /keys/a HTTP/1.1\r\nHost: localhost\r\n"
                    + "\r\n").readMessage());
        }
        Files.delete(keyFile);
        assertRefused(409, "key_file: ", admin("POST", "/keys", "{\"label\":\"a\"}"));
    }

    private static void assertRefused(int status, String text, RawPeer.Message answer) {
        assertTrue(answer.head().startsWith("HTTP/1.1 " + status + ' '), answer.head());
        assertTrue(answer.text().contains(text), answer.text());
    }

    /** A stream whose key is revoked goes on, or is cut, as configured. */
    @ParameterizedTest
    @EnumSource(RevokePolicy.class)
    void shouldTreatStreamsOfARevokedKeyAsConfigured(RevokePolicy policy) throws Exception {
        launchWithAdmin(builder -> builder.onRevoke(policy));
        String revoked = newKey("alice");
        String kept = newKey("bob");
        upstream.always(peer -> {
            peer.readMessage();
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(CREATED));
            peer.awaitClose();
        });
        try (RawPeer alice = connect(); RawPeer bob = connect()) {
            alice.write(ask(revoked)).readUntil("\n\n");
            bob.write(ask(kept)).readUntil("\n\n");
            admin("DELETE", "/keys/alice", "");
            time.advance(Duration.ofSeconds(2));
            if (policy == RevokePolicy.CUT) {
                assertFalse(alice.readAll().contains("response.completed"));
                assertEquals("alice", takeUsage().principal());
                assertTrue(adminPage("/endpoints").contains("\"in_flight\":1"));
            }
            assertEquals(policy == RevokePolicy.CUT ? 1 : 2, gauge("exchanges_in_flight"));
        }
    }

    @Test
    void shouldChangeTheAccessLogWhileItRuns() throws Exception {
        List<Path> outputs = new ArrayList<>();
        Path file = folder.resolve("access.log");
        launch(route -> route, builder -> builder.admin(new AdminConfig("127.0.0.1", 0).withTokenFile(tokenFile))
                .accessLog(new AccessLogConfig(AccessLogConfig.Level.ALL, 1, file)),
                extensionsBuilder().accessLogOutput(outputs::add).build());

        assertEquals(List.of(file), outputs);
        assertEquals("{\"level\":\"all\",\"sample\":1.0,\"output\":\"file\",\"dropped_lines\":0}\n",
                admin("GET", "/log", "").text());
        assertEquals("{\"level\":\"errors\",\"sample\":0.25,\"output\":\"default\",\"dropped_lines\":0}\n",
                admin("PUT", "/log", "{\"level\":\"errors\",\"sample\":0.25,\"output\":\"default\"}").text());
        assertEquals(Arrays.asList(file, null), outputs);
        assertRefused(400, "level: another value", admin("PUT", "/log", "{\"level\":\"loud\"}"));
        assertRefused(400, "sample: ", admin("PUT", "/log", "{\"sample\":\"all\"}"));
        assertRefused(400, "access_log sample: 0.0", admin("PUT", "/log", "{\"sample\":0}"));
        assertRefused(400, "verbose: unknown", admin("PUT", "/log", "{\"verbose\":true}"));
        assertTrue(admin("PUT", "/log", "{\"output\":\"file\"}").text().contains("\"output\":\"file\""));
        assertEquals(3, outputs.size());
    }

    /** A reload changes everything about the listener but its address without closing it, and nothing if it fails. */
    @Test
    void shouldChangeTheListenerByAReload() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        AdminConfig first = new AdminConfig("127.0.0.1", port).withTokenFile(tokenFile);
        UnaryOperator<RelayConfig.Builder> base = builder -> builder.listen("127.0.0.1", 0).cluster(ClusterConfig.of(
                "up", EndpointConfig.of(upstream.url(), null))).route(RouteConfig.of("*", "up")).keyFile(keyFile);
        relay = Relay.launch(base.apply(RelayConfig.builder().admin(first)).build(), Extensions.builder()
                .accessLogOutput(file -> {
                    throw new IllegalArgumentException("access_log.file: " + file + " cannot be written");
                }).build());
        assertTrue(adminOf("relay.example").startsWith("HTTP/1.1 421 "));

        relay.reload(base.apply(RelayConfig.builder().admin(new AdminConfig("127.0.0.1", port, null, tokenFile,
                List.of("relay.example"), true))).build());
        assertTrue(adminOf("relay.example").startsWith("HTTP/1.1 200 "));

        RelayConfig failing = base.apply(RelayConfig.builder().admin(first).accessLog(new AccessLogConfig(
                AccessLogConfig.Level.ALL, 1, folder.resolve("log"))).listen("127.0.0.1", 0)).build();
        assertThrows(IllegalArgumentException.class, () -> relay.reload(failing));
        assertTrue(adminOf("relay.example").startsWith("HTTP/1.1 200 "));
        assertEquals(1, relay.ports().size());
    }

    private String adminOf(String host) throws IOException {
        try (RawPeer client = RawPeer.connect(relay.adminPort())) {
            return client.write("GET /endpoints HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + TOKEN
                    + "\r\n\r\n").readHead();
        }
    }

    @Test
    void shouldRefuseAFileForTheLogThatItCannotSwitch() {
        assertThrows(IllegalArgumentException.class, () -> launch(route -> route, builder -> builder.accessLog(
                new AccessLogConfig(AccessLogConfig.Level.ALL, 1, folder.resolve("access.log")))));
    }

    /** Snapshots come each second; viewers and scrapers that do not read, or do not ask, cost no stream anything. */
    @Test
    void shouldFeedAPageAndNotWaitForIt() throws Exception {
        launchWithAdmin(builder -> builder);
        String key = newKey("alice");
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                peer.write(ANSWER);
            }
        });
        try (RawPeer deaf = RawPeer.connect(relay.adminPort()); RawPeer viewer = RawPeer.connect(relay.adminPort());
             RawPeer silent = RawPeer.connect(relay.adminPort()); RawPeer client = connect()) {
            silent.write("GET /endpoints HTTP/1.1\r\nHost: ");
            String request = "GET /feed HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + TOKEN + "\r\n\r\n";
            deaf.write(request);
            viewer.write(request);
            assertTrue(viewer.readHead().contains("content-type: text/event-stream"));
            for (int i = 0; i < 20; i++) {
                assertEquals(CREATED + DELTA + COMPLETED, client.write(ask(key)).readMessage().text());
                takeUsage();
            }
            String feed = viewer.readUntil("\n\n") + viewer.readUntil("\"model\":\"gpt-5.2\"");
            assertTrue(feed.contains("\"ready\":true"), feed);
            assertTrue(feed.contains("{\"cluster\":\"up\",\"endpoint\":\"127.0.0.1:" + upstream.port()), feed);
            assertTrue(feed.contains("{\"kind\":\"key\",\"name\":\"alice\",\"requests\":20,\"refused\":0,"
                    + "\"tokens\":160"), feed);
        }
        assertTrue(admin("GET", "/", "").text().startsWith("<!doctype html>"));
    }

    @Test
    void shouldCountByRouteEndpointCallerAndOutcome() throws Exception {
        launchWithAdmin(builder -> builder.key(KeyConfig.ofSecret("fixed", "sk-fixed")));
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(ANSWER);
            peer.readMessage();
            peer.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
            peer.awaitClose();
        });
        try (RawPeer client = connect()) {
            client.write(ask("sk-fixed")).readMessage();
            client.write(ask("sk-fixed")).readMessage();
            client.write(ask("sk-wrong")).readMessage();
        }
        String endpoint = "127.0.0.1:" + upstream.port();
        Await.until("three ends", () -> values("exchanges").size() == 3);

        assertEquals(Map.of(
                List.of("gpt-*", "up", endpoint, "2xx", "completed"), 1.0,
                List.of("gpt-*", "up", endpoint, "5xx", "completed"), 1.0,
                List.of("", "", "", "4xx", "refused"), 1.0), values("exchanges"));
        assertEquals(Map.of(List.of("gpt-*", "up", endpoint), 3.0), values("upstream_events"));
        assertEquals(3.0, values("upstream_tokens").get(List.of("gpt-*", "up", endpoint, "input")));
        assertEquals(5.0, values("key_tokens").get(List.of("fixed", "output")));
        assertEquals(Map.of(List.of("fixed", "completed"), 2.0), values("key_exchanges"));
        assertEquals(Map.of(List.of("invalid_api_key"), 1.0), values("refusals"));
        assertEquals(Map.of(List.of("up", endpoint, "2xx"), 1.0, List.of("up", endpoint, "5xx"), 1.0),
                values("attempts"));
        assertEquals(1.0, values("endpoint_state").get(List.of("up", endpoint, "available")));
    }

    private Map<List<String>, Double> values(String name) {
        return relay.metrics().families().stream().filter(family -> family.name().equals(name)).findFirst()
                .map(MetricsSnapshot.Family::samples).orElseThrow().stream()
                .collect(Collectors.toMap(Sample::labels, Sample::value));
    }

    @Test
    void shouldLeaveOutCallersWhereTheyAreTooMany() throws Exception {
        launch(route -> route, builder -> builder.admin(new AdminConfig("127.0.0.1", 0, null, null, List.of(), false)));
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(ANSWER);
        });
        try (RawPeer client = connect()) {
            client.write(ask("any")).readMessage();
        }

        assertEquals(Map.of(), values("key_exchanges"));
    }

    /** Beyond loopback, a token or certificates of callers are required. */
    @Test
    void shouldProtectAListenerThatOtherMachinesReach() throws Exception {
        UnaryOperator<RelayConfig.Builder> open = builder -> builder.admin(new AdminConfig("0.0.0.0", 0));

        String message = assertThrows(IllegalArgumentException.class, () -> launch(route -> route, open)).getMessage();

        assertTrue(message.contains("(expected: admin.token_file, or an address on loopback)"), message);
        TestCertificates certificates = new TestCertificates();
        launch(route -> route, builder -> builder.admin(new AdminConfig("0.0.0.0", 0, certificatesOf(certificates),
                null, List.of(), true)));
        assertTrue(get(certificates.context(certificates.of("caller"))).startsWith("HTTP/1.1 200 "));
        assertThrows(IOException.class, () -> get(certificates.context(null)));
    }

    private static TlsConfig certificatesOf(TestCertificates certificates) {
        try {
            return certificates.config("localhost", certificates.caFile());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private String get(SSLContext context) throws IOException {
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", relay.adminPort());
             RawPeer peer = new RawPeer(socket)) {
            String head = peer.write("GET /endpoints HTTP/1.1\r\nHost: localhost\r\n\r\n").readHead();
            assertFalse(head.isEmpty());
            return head;
        }
    }
}
