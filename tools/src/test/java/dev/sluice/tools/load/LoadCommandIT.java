// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.tools.mock.MockOptions;
import dev.sluice.tools.mock.MockUpstream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.FileReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class LoadCommandIT {
    private final MockUpstream mock = new MockUpstream("127.0.0.1", 0,
            new MockOptions().set("websocket", "true"), report -> { });

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        mock.close();
    }

    private int load(String... more) {
        return loadAt(mock.port(), more);
    }

    private static int loadAt(int port, String... more) {
        return run(port, 1, more);
    }

    private static int run(int port, int seconds, String... more) {
        List<String> arguments = new ArrayList<>(List.of("--url", "http://127.0.0.1:" + port + "/v1", "--seconds",
                String.valueOf(seconds), "--warmup", "0"));
        arguments.addAll(List.of(more));
        return new CommandLine(new LoadCommand()).execute(arguments.toArray(String[]::new));
    }

    /** Runs for a second, or for longer where a busy machine does not get that far. Returns what was measured. */
    private JsonNode loadUntil(Predicate<JsonNode> isEnough, String... more) throws IOException {
        Path json = folder.resolve("r.json");
        List<String> arguments = new ArrayList<>(List.of(more));
        arguments.add("--json=" + json);
        JsonNode result = null;
        for (int seconds = 1; seconds <= 64 && (result == null || !isEnough.test(result)); seconds *= 4) {
            assertEquals(0, run(mock.port(), seconds, arguments.toArray(String[]::new)));
            result = new ObjectMapper().readTree(json.toFile());
        }
        return result;
    }

    private static boolean hasAnswers(JsonNode result) {
        return result.get("answers").asInt() > 0;
    }

    @ParameterizedTest
    @ValueSource(strings = {"--streams=8", "--rate=50", "--streams=8 --http2", "--rate=50 --http2 --glue=4",
        "--streams=8 --websocket", "--streams=8 --websocket --lanes=3 --glue=4"})
    void shouldMeasureAndCompare(String how) throws Exception {
        Path html = folder.resolve("r.html");
        Path hdr = folder.resolve("r.hdr");
        List<String> arguments = new ArrayList<>(List.of(how.split(" ")));
        arguments.addAll(List.of("--html=" + html, "--hdr=" + hdr, "--pid=" + ProcessHandle.current().pid()));

        JsonNode result = loadUntil(LoadCommandIT::hasAnswers, arguments.toArray(String[]::new));
        assertTrue(hasAnswers(result), result.toString());
        assertEquals(0, result.get("wrong").asInt());
        assertEquals(0, result.get("unverified").asInt());
        assertTrue(result.get("events").asInt() >= 32 * result.get("answers").asInt() / 2, result.toString());
        assertTrue(result.get("cpu_seconds").asDouble() > 0, result.toString());
        JsonNode event = result.get("micros").get("event");
        assertTrue(event.get("p50").asDouble() > 0 && event.get("p50").asDouble() <= event.get("max").asDouble(),
                result.toString());
        String page = Files.readString(html);
        assertTrue(page.contains("\"curves\":{\"send\":{") && page.contains("Chart.js v4"), "the page");
        assertFalse(page.contains("src=") || page.contains("href="), "the page refers to other files");
        try (BufferedReader file = new BufferedReader(new FileReader(hdr.toFile(), UTF_8))) {
            assertTrue(file.lines().anyMatch(line -> line.startsWith("Tag=event,")));
        }
        try (HistogramLogReader log = new HistogramLogReader(hdr.toFile())) {
            assertTrue(log.nextIntervalHistogram().getMaxValueAsDouble() > 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"NATIVE, 1", "NATIVE, 16", "BRIDGE, 1", "BRIDGE, 16"})
    void shouldCompareThroughARelayOnWebSockets(WebSocketMode mode, int lanes) throws Exception {
        try (Relay relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0).cluster(ClusterConfig.of("mock",
                EndpointConfig.of("http://127.0.0.1:" + mock.port() + "/v1", null)).withWebsocket(mode))
                .route(RouteConfig.of("*", "mock")).build())) {
            Path json = folder.resolve("r.json");
            JsonNode result = null;
            for (int seconds = 1; seconds <= 64 && (result == null || !hasAnswers(result)); seconds *= 4) {
                assertEquals(0, run(relay.port(), seconds, "--streams=32", "--websocket", "--lanes=" + lanes,
                        "--request-bytes=5000", "--json=" + json));
                result = new ObjectMapper().readTree(json.toFile());
            }
            assertTrue(hasAnswers(result), result.toString());
            assertEquals(0, result.get("wrong").asInt());
            assertEquals(0, result.get("unverified").asInt());
        }
    }

    @Test
    void shouldRunOneAfterTheOther() throws Exception {
        Path json = folder.resolve("r.json");
        JsonNode last = null;
        for (int seconds = 1; seconds <= 64 && (last == null || !hasAnswers(last)); seconds *= 4) {
            String run = "--url http://127.0.0.1:" + mock.port() + "/v1 --seconds " + seconds
                    + " --warmup 0 --streams 2 --json " + json;
            assertEquals(List.of("0", "2", "0"), batch(run + "\n--streams 1\n" + run + " --documents\n"));
            last = new ObjectMapper().readTree(json.toFile());
        }
        assertTrue(hasAnswers(last) && last.get("events").asInt() == 0, last.toString());
    }

    private static List<String> batch(String runs) {
        StringWriter out = new StringWriter();
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(runs.getBytes(UTF_8)));
        try {
            assertEquals(0, new CommandLine(new LoadCommand()).setOut(new PrintWriter(out)).execute("--batch"));
        } finally {
            System.setIn(before);
        }
        return out.toString().lines().toList();
    }

    /** A gateway that rewrites events drops the mock's hash and the event names. This is counted, but is no error. */
    @Test
    void shouldTakeEventsWithoutNames() {
        StreamCheck check = read("data: {\"type\":\"response.created\"}\n\ndata: {\"type\":\"response.completed\"}\n\n"
                .getBytes(UTF_8), 7, new ArrayList<>());
        assertTrue(check.isComplete());
        assertFalse(check.isHashTold());
    }

    @Test
    void shouldTellWhatGoesWrong() throws Exception {
        Path json = folder.resolve("r.json");
        assertEquals(1, loadAt(1, "--rate=20", "--json=" + json));
        JsonNode errors = new ObjectMapper().readTree(json.toFile()).get("errors");
        assertTrue(errors.get("no connection").asInt() > 5, errors.toString());
        assertEquals(2, load());
    }

    /** No request ever ends, and all of them began before the measured time. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldNoticeATargetThatStalls(boolean hasBegun) throws Exception {
        Path json = folder.resolve("r.json");
        MockOptions stalling = new MockOptions();
        new CommandLine(stalling).parseArgs("--fault=STALL", "--fault-after=" + (hasBegun ? 3 : 0));
        try (MockUpstream stalled = new MockUpstream("127.0.0.1", 0, stalling, report -> { })) {
            assertEquals(1, new CommandLine(new LoadCommand()).execute("--url=http://127.0.0.1:" + stalled.port()
                    + "/v1", "--streams=4", "--warmup=1", "--seconds=1", "--json=" + json));
        }
        JsonNode result = new ObjectMapper().readTree(json.toFile());
        assertEquals(4, result.get("errors").get("unfinished").asInt(), result.toString());
        assertEquals(hasBegun ? 4 : 0, result.get("open").asInt(), result.toString());
    }

    @Test
    void shouldWaitForAnswersThatTakeTheirTime() throws Exception {
        JsonNode result = loadUntil(measured -> measured.get("compared").asInt() >= 4, "--rate=5", "--events=50",
                "--pace-ms=100");
        assertTrue(result.get("compared").asInt() >= 4 && result.get("errors").isEmpty(), result.toString());
        assertTrue(result.get("micros").get("answer").get("p50").asDouble() > 5e6, result.toString());
        assertEquals(result.get("micros").get("answer").get("count"), result.get("micros").get("send").get("count"));
    }

    @Test
    void shouldBoundStreamsWhereThereIsARateAlone() throws Exception {
        Path json = folder.resolve("r.json");
        JsonNode result = loadUntil(measured -> measured.get("open").asInt() == 6, "--streams=6", "--max-streams=2",
                "--events=100", "--pace-ms=100");
        assertEquals(6, result.get("open").asInt(), result.toString());
        assertEquals(1, load("--rate=20", "--max-streams=2", "--events=10", "--pace-ms=100", "--json=" + json));
        result = new ObjectMapper().readTree(json.toFile());
        assertTrue(result.get("errors").get("beyond --max-streams").asInt() > 0, result.toString());
    }

    /** The check accepts the stream however it is cut, and notices the change of a single byte or junk at the end. */
    @Test
    void shouldNoticeEveryByteThatIsNotTheMocks() throws Exception {
        byte[] stream = HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                + mock.port() + "/v1/responses")).POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"m\","
                + "\"stream\":true,\"metadata\":{\"mock_stamp\":\"true\",\"mock_events\":\"5\"}}")).build(),
                HttpResponse.BodyHandlers.ofByteArray()).body();
        List<Long> stamps = new ArrayList<>();
        for (int step : new int[] {1, 2, 3, 7, stream.length}) {
            stamps.clear();
            StreamCheck check = read(stream, step, stamps);
            assertTrue(check.isComplete() && check.isHashTold() && check.isRight());
            assertEquals(5, stamps.size());
            assertTrue(Math.abs(System.nanoTime() - stamps.get(4)) < 600e9, "the stamp is from another clock");
        }
        for (int i = 0; i < stream.length; i += 7) {
            byte[] changed = stream.clone();
            changed[i] ^= 1;
            assertFalse(isRight(changed), "byte " + i);
        }
        String more = new String(stream, UTF_8);
        assertTrue(isRight((more + "data: [DONE]\n\n").getBytes(UTF_8)));
        for (String junk : List.of("\n", ": comment\n\n", "data: [DONE]\n\ndata")) {
            assertFalse(isRight((more + junk).getBytes(UTF_8)), junk);
        }
    }

    private static boolean isRight(byte[] stream) {
        StreamCheck check = read(stream, stream.length, new ArrayList<>());
        return check.isComplete() && check.isHashTold() && check.isRight();
    }

    private static StreamCheck read(byte[] stream, int step, List<Long> stamps) {
        StreamCheck check = new StreamCheck(stamps::add);
        for (int at = 0; at < stream.length; at += step) {
            ByteBuf part = Unpooled.wrappedBuffer(stream, at, Math.min(step, stream.length - at));
            check.add(part);
            part.release();
        }
        return check;
    }
}
