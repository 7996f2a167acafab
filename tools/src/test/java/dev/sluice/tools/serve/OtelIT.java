// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.otel.OtelExport;
import dev.sluice.otel.OtelSettings;
import dev.sluice.tools.mock.RelayProbe;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Traces and metrics, as a receiver of OTLP gets them. */
class OtelIT {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CALLER = "00f067aa0ba902b7";

    @TempDir
    private Path folder;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final List<Metric> metrics = new CopyOnWriteArrayList<>();
    private final List<String> services = new CopyOnWriteArrayList<>();
    private final List<String> credentials = new CopyOnWriteArrayList<>();
    private final List<Map<String, List<String>>> received = new CopyOnWriteArrayList<>();
    private HttpServer collector;
    private HttpServer upstream;
    private OtelExport export;
    private Relay relay;

    @BeforeEach
    void start() throws IOException {
        collector = server();
        collector.createContext("/v1/traces", exchange -> {
            ExportTraceServiceRequest request = ExportTraceServiceRequest.parseFrom(body(exchange));
            request.getResourceSpansList().forEach(resource -> {
                resource.getResource().getAttributesList().stream().filter(each -> each.getKey().equals(
                        "service.name")).forEach(each -> services.add(each.getValue().getStringValue()));
                resource.getScopeSpansList().forEach(scope -> spans.addAll(scope.getSpansList()));
            });
            credentials.add(exchange.getRequestHeaders().getFirst("x-collector-key"));
            answer(exchange, 200, "", new byte[0]);
        });
        collector.createContext("/v1/metrics", exchange -> {
            ExportMetricsServiceRequest.parseFrom(body(exchange)).getResourceMetricsList().forEach(resource ->
                    resource.getScopeMetricsList().forEach(scope -> metrics.addAll(scope.getMetricsList())));
            answer(exchange, 200, "", new byte[0]);
        });
        upstream = server();
        upstream.createContext("/v1/responses", exchange -> {
            received.add(Map.copyOf(exchange.getRequestHeaders()));
            body(exchange);
            boolean isBusy = exchange.getRequestHeaders().containsKey("x-busy") && received.size() == 1;
            answer(exchange, isBusy ? 503 : 200, "text/event-stream", ("event: response.completed\n"
                    + "data: {\"type\":\"response.completed\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\","
                    + "\"model\":\"gpt-5.2-2026\",\"status\":\"completed\",\"service_tier\":\"priority\",\"usage\":"
                    + "{\"input_tokens\":30,\"input_tokens_details\":{\"cached_tokens\":20},\"output_tokens\":5,"
                    + "\"output_tokens_details\":{\"reasoning_tokens\":2},\"total_tokens\":35}}}\n\n").getBytes());
        });
    }

    private HttpServer server() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
        open.add(() -> server.stop(0));
        return server;
    }

    private static byte[] body(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        return "gzip".equals(exchange.getRequestHeaders().getFirst("content-encoding"))
                ? new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes() : body;
    }

    private static void answer(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("content-type", type);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private static String url(HttpServer server) {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void launch(double sample, EndpointConfig... endpoints) throws IOException {
        Path headers = Files.writeString(folder.resolve("otel.headers"), "# of the collector\nx-collector-key: abc\n");
        export = OtelExport.open(new OtelSettings(URI.create(url(collector) + '/'), headers, "relay-of-the-test",
                sample, Duration.ofMinutes(10)));
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", endpoints)).route(RouteConfig.of("gpt-5*", "up"))
                .key(KeyConfig.ofSecret("alice", "sk-a")).build(), Extensions.builder().observer(export.observer())
                .build());
        open.add(relay);
    }

    private HttpResponse<String> ask(String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + relay.port()
                + "/v1/responses")).header("authorization", "Bearer sk-a").header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"gpt-5.2\",\"input\":\"SECRET\","
                        + "\"stream\":true}"));
        return HttpClient.newHttpClient().send(headers.length == 0 ? request.build() : request.headers(headers).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private void finish() {
        relay.close(); // so that all exchanges have ended
        export.close();
    }

    private static String hex(ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }

    private static Map<String, String> attributes(List<KeyValue> list) {
        return list.stream().collect(Collectors.toMap(KeyValue::getKey, each -> each.getValue().hasStringValue()
                ? each.getValue().getStringValue() : each.getValue().hasBoolValue()
                ? String.valueOf(each.getValue().getBoolValue()) : String.valueOf(each.getValue().getIntValue())));
    }

    private Span span(String name) {
        return spans.stream().filter(each -> each.getName().equals(name)).findFirst().orElseThrow(() ->
                new AssertionError(name + ": not in " + spans));
    }

    @Test
    void shouldRecordAnExchangeAndItsAttemptsInTheTraceOfTheCaller() throws Exception {
        EndpointConfig endpoint = EndpointConfig.of(url(upstream) + "/v1", null);
        launch(0, endpoint, EndpointConfig.of(url(upstream).replace("127.0.0.1", "localhost") + "/v1", null));

        assertEquals(200, ask("traceparent", "00-" + TRACE + '-' + CALLER + "-01", "tracestate", "vendor=1",
                "x-busy", "1").statusCode());
        finish();

        Span exchange = span("chat gpt-5.2");
        List<Span> attempts = spans.stream().filter(each -> each.getName().equals("POST")).toList();
        assertEquals(2, attempts.size());
        assertEquals(TRACE, hex(exchange.getTraceId()));
        assertEquals(CALLER, hex(exchange.getParentSpanId()));
        assertEquals(Span.SpanKind.SPAN_KIND_CLIENT, exchange.getKind());
        Map<String, String> found = attributes(exchange.getAttributesList());
        Map<String, String> expected = Map.ofEntries(Map.entry("gen_ai.operation.name", "chat"),
                Map.entry("gen_ai.provider.name", "openai"), Map.entry("openai.api.type", "responses"),
                Map.entry("gen_ai.request.model", "gpt-5.2"), Map.entry("gen_ai.response.model", "gpt-5.2-2026"),
                Map.entry("gen_ai.response.id", "resp_1"), Map.entry("openai.response.service_tier", "priority"),
                Map.entry("gen_ai.usage.input_tokens", "30"), Map.entry("gen_ai.usage.output_tokens", "5"),
                Map.entry("gen_ai.usage.cache_read.input_tokens", "20"),
                Map.entry("gen_ai.usage.reasoning.output_tokens", "2"), Map.entry("sluice.key", "alice"),
                Map.entry("sluice.route", "gpt-5*"), Map.entry("sluice.cluster", "up"),
                Map.entry("sluice.end", "completed"), Map.entry("sluice.attempts", "2"),
                Map.entry("sluice.events", "1"), Map.entry("http.response.status_code", "200"),
                Map.entry("sluice.exchange.id", found.get("sluice.exchange.id")));
        assertEquals(expected, found);
        for (int i = 0; i < 2; i++) {
            assertEquals(hex(exchange.getSpanId()), hex(attempts.get(i).getParentSpanId()));
            assertEquals(List.of("00-" + TRACE + '-' + hex(attempts.get(i).getSpanId()) + "-01"),
                    received.get(i).get("Traceparent"));
            assertEquals(List.of("vendor=1"), received.get(i).get("Tracestate"));
        }
        assertEquals("503", attributes(attempts.get(0).getAttributesList()).get("error.type"));
        assertEquals("1", attributes(attempts.get(1).getAttributesList()).get("http.request.resend_count"));
        assertEquals(List.of("relay-of-the-test"), services.stream().distinct().toList());
        assertEquals(List.of("abc"), credentials.stream().distinct().toList());
        assertTrue(!spans.toString().contains("SECRET"));
        assertTrue(!spans.toString().contains("sk-a"));
    }

    /** What is not sampled is not recorded, and its headers pass unchanged. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", value = {
        // sample, the caller's header, spans, the header upstream
        "1 | - | 2 | new",
        "0 | - | 0 | -",
        "1 | 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00 | 0 | same",
        "0 | 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 | 2 | new",
        "0 | nonsense | 0 | same",
        "1 | nonsense | 2 | new"
    })
    void shouldRecordWhatIsSampled(double sample, String header, int recorded, String sent) throws Exception {
        launch(sample, EndpointConfig.of(url(upstream) + "/v1", null));

        assertEquals(200, (header == null ? ask() : ask("traceparent", header)).statusCode());
        finish();

        assertEquals(recorded, spans.size(), spans.toString());
        List<String> values = received.get(0).get("Traceparent");
        if (sent == null) {
            assertNull(values);
        } else if (sent.equals("same")) {
            assertEquals(List.of(header), values);
        } else {
            assertEquals(1, values.size());
            assertNotEquals(header, values.get(0));
            assertTrue(values.get(0).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-0[13]"), values.get(0)); // 2: random
        }
    }

    @Test
    void shouldExportTheMetricsOfTheConventions() throws Exception {
        launch(0, EndpointConfig.of(url(upstream) + "/v1", null));
        ask();
        ask();
        finish();

        Map<String, Metric> byName = metrics.stream().collect(Collectors.toMap(Metric::getName, metric -> metric,
                (first, second) -> first));
        assertEquals(Set.of("gen_ai.client.operation.duration",
                "gen_ai.client.operation.time_to_first_chunk", "gen_ai.client.inference.usage.input_tokens",
                "gen_ai.client.inference.usage.output_tokens",
                "gen_ai.client.inference.usage.cache_read.input_tokens",
                "gen_ai.client.inference.usage.reasoning.output_tokens"), byName.keySet());
        Metric duration = byName.get("gen_ai.client.operation.duration");
        assertEquals("s", duration.getUnit());
        assertEquals(2, duration.getHistogram().getDataPoints(0).getCount());
        assertEquals(Map.of("gen_ai.operation.name", "chat", "gen_ai.provider.name", "openai", "openai.api.type",
                "responses", "gen_ai.request.model", "gpt-5*", "server.address", "127.0.0.1", "server.port",
                String.valueOf(upstream.getAddress().getPort())), attributes(duration.getHistogram().getDataPoints(0)
                .getAttributesList()));
        assertEquals(60, byName.get("gen_ai.client.inference.usage.input_tokens").getSum().getDataPoints(0).getAsInt());
        assertEquals(4, byName.get("gen_ai.client.inference.usage.reasoning.output_tokens").getSum().getDataPoints(0)
                .getAsInt());
    }

    /** A collector that is gone, or takes connections and never answers, costs no stream anything. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void shouldNotWaitForACollector(boolean isSilent) throws Exception {
        int gone;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            gone = socket.getLocalPort();
        }
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
             RelayProbe probe = new RelayProbe()) {
            int port = isSilent ? silent.getLocalPort() : gone;
            try (OtelExport dead = OtelExport.open(new OtelSettings(URI.create("http://127.0.0.1:" + port), null, "s",
                    1, Duration.ofSeconds(1)));
                 Relay tried = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                         .cluster(ClusterConfig.of("up", EndpointConfig.of(probe.url(), null)))
                         .route(RouteConfig.of("*", "up")).key(KeyConfig.ofSecret("alice", "sk-a")).build(),
                         Extensions.builder().observer(dead.observer()).build())) {
                for (int i = 0; i < 3_000; i++) { // more than the queue of spans takes
                    probe.requireEveryByte(tried.port(), "sk-a");
                }
            }
        }
    }
}
