// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HealthConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RetryConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TransportConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** P15: until the first byte of an answer has gone downstream, another endpoint may give it, each of them once. */
class AnotherEndpointIT extends RelayFixture {
    private static final String GOOD = "event: response.completed\ndata: {\"type\":\"response.completed\","
            + "\"sequence_number\":0,\"response\":{\"id\":\"resp_good\",\"status\":\"completed\",\"output\":[]}}\n\n";
    private static final String ANSWER = eventStreamHead() + chunk(GOOD) + "0\r\n\r\n";
    private static final String COLLECTED = "{\"model\":\"gpt-5.2\",\"input\":\"hi\",\"stream\":false}";

    private final ScriptedUpstream bad = upstream;
    private final ScriptedUpstream ok = new ScriptedUpstream();
    private final AtomicInteger badRequests = new AtomicInteger();
    private final AtomicInteger okRequests = new AtomicInteger();
    private final List<ScriptedUpstream> more = new ArrayList<>();

    @AfterEach
    void stopOthers() {
        ok.close();
        more.forEach(ScriptedUpstream::close);
    }

    /** Launches a relay that prefers {@code bad}. */
    private void launch(boolean isIdempotent, String profile, EndpointConfig... first) {
        ok.always(peer -> serve(peer, okRequests, ANSWER));
        EndpointConfig[] all = new EndpointConfig[first.length + 1];
        for (int i = 0; i < first.length; i++) {
            all[i] = first[i].withPlace(1, i, 0);
        }
        all[first.length] = EndpointConfig.of(ok.url(), null).withPlace(1, first.length, 0);
        RouteConfig route = RouteConfig.of("gpt-*", "up").withRetry(RetryConfig.DEFAULT.withIdempotent(isIdempotent));
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", all).withBalance(Balance.PRIORITY, new HealthConfig(1000,
                        Duration.ofSeconds(5), Duration.ofSeconds(60), 50)))
                .route(profile == null ? route : route.withProfile(profile))
                .transport(new TransportConfig(transport, 1, false)).build(), extensions());
    }

    private EndpointConfig bad() {
        return EndpointConfig.of(bad.url(), null);
    }

    private static void serve(RawPeer peer, AtomicInteger requests, String answer) throws IOException {
        while (true) {
            peer.readMessage();
            requests.incrementAndGet();
            peer.write(answer);
        }
    }

    private static String document(int status, String body) {
        return "HTTP/1.1 " + status + " X\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body;
    }

    private static String stream(String events) {
        return eventStreamHead() + chunk(events) + "0\r\n\r\n";
    }

    private String ask(String body) throws IOException {
        try (RawPeer client = connect()) {
            RawPeer.Message answer = client.write(post(body)).readMessage();
            return answer.head().substring(9, 12) + ' ' + answer.text();
        }
    }

    /** A stream or a document that begins with a failure which passes, or is the endpoint's own. */
    @ParameterizedTest
    @ValueSource(strings = {
        "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}\n\n",
        "data: {\"type\":\"error\",\"error\":{\"code\":429}}\n\n",
        "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n",
        "data: {\"error\":\"server_error\"}\n\n",
        "data: {\"error\":{\"code\":\"503\"}}\n\n",
        ": hello\n\nevent: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"id\":\"r\","
            + "\"status\":\"failed\",\"error\":{\"code\":\"server_is_overloaded\",\"message\":\"m\"}}}\n\n",
        "data: {\"type\":\"response.done\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":500.0}}}\n\n",
        "\uFEFFdata: {\"type\":\"error\",\ndata: \"code\":\"slow_down\"}\n\ndata: [DONE]\n\n",
        "{\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}}",
        "{\"error\":{\"code\":529}}",
        "{\"id\":\"r\",\"status\":\"failed\",\"error\":{\"code\":\"server_error\"}}",
    })
    void shouldAskAnotherWhereTheFirstBeginsWithAPassingFailure(String failure) throws Exception {
        String utf8 = failure.replace("\uFEFF", "\u00EF\u00BB\u00BF"); // the peers write ISO 8859-1
        bad.always(peer -> serve(peer, badRequests, failure.startsWith("{") ? document(200, utf8) : stream(utf8)));
        launch(false, null, bad());

        assertEquals("200 " + GOOD, ask(BODY));

        assertEquals(1, badRequests.get());
        assertEquals(1, okRequests.get());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "data: {\"type\":\"error\",\"code\":\"context_length_exceeded\"}\n\n",
        "data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"bio_policy\"}}}"
            + "\n\n",
        "data: {\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\"}}\n\n",
        "data: {\"type\":\"error\",\"error\":{\"code\":400}}\n\n",
        "{\"id\":\"r\",\"status\":\"failed\",\"error\":{\"code\":\"invalid_prompt\"}}",
        "{\"id\":\"r\",\"status\":\"completed\",\"error\":null}",
    })
    void shouldPassOnWhatAnotherWouldAnswerToo(String answer) throws Exception {
        bad.always(peer -> serve(peer, badRequests, answer.startsWith("{") ? document(200, answer) : stream(answer)));
        launch(true, null, bad());

        assertEquals("200 " + answer, ask(BODY));

        assertEquals(0, okRequests.get());
    }

    /** Bytes that were sent downstream rule out another attempt. */
    @Test
    void shouldPassOnAFailureBehindAnotherEvent() throws Exception {
        String events = CREATED + "data: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\"}\n\n";
        bad.always(peer -> serve(peer, badRequests, stream(events)));
        launch(true, null, bad());

        assertEquals("200 " + events, ask(BODY));
        assertEquals(0, okRequests.get());
    }

    /** A collected answer has not gone downstream before its end. */
    @ParameterizedTest
    @CsvSource({"first, false, true", "later, false, false", "later, true, true", "cut, true, true",
        "cut, false, false", "no terminal, true, true", "no terminal, false, false", "policy, true, false"})
    void shouldAskAnotherForACollectedAnswer(String kind, boolean isIdempotent, boolean isServed) throws Exception {
        String failed = "data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":"
                + "{\"code\":\"server_error\"}}}\n\n";
        String answer = switch (kind) {
            case "first" -> stream(failed);
            case "later" -> stream(CREATED + DELTA + failed);
            case "policy" -> stream(CREATED + failed.replace("server_error", "content_filter"));
            case "no terminal" -> stream(CREATED + DELTA);
            default -> eventStreamHead() + chunk(CREATED) + "40\r\n" + DELTA.substring(0, 20);
        };
        bad.always(peer -> {
            peer.readMessage();
            badRequests.incrementAndGet();
            peer.write(answer);
            peer.close();
        });
        launch(isIdempotent, "codex-lb", bad());

        String received = ask(COLLECTED);

        assertEquals(isServed ? "200" : "502", received.substring(0, 3), received);
        assertEquals(isServed, received.contains("resp_good"), received);
        assertEquals(1, badRequests.get());
        assertEquals(isServed ? 1 : 0, okRequests.get());
    }

    /** Each endpoint has its turn, in whatever way the others fail. */
    @Test
    void shouldAskEveryEndpointOnce() throws Exception {
        String[] failures = {
            document(429, "{}"), document(503, "{}"), document(529, "{}"), document(401, "{}"), document(403, "{}"),
            document(404, "{\"error\":{\"code\":\"model_not_found\"}}"),
            stream("data: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\"}\n\n"),
            document(200, "{\"error\":{\"code\":500}}")};
        EndpointConfig[] first = new EndpointConfig[failures.length + 1];
        for (int i = 0; i < failures.length; i++) {
            ScriptedUpstream failing = new ScriptedUpstream();
            more.add(failing);
            String failure = failures[i];
            failing.always(peer -> serve(peer, badRequests, failure));
            first[i] = EndpointConfig.of(failing.url(), "sk-own");
        }
        ScriptedUpstream gone = new ScriptedUpstream();
        gone.close();
        first[failures.length] = EndpointConfig.of(gone.url(), null);
        launch(false, null, first);

        assertEquals("200 " + GOOD, ask(BODY));
        assertEquals(failures.length, badRequests.get());
    }

    /** If all refuse, the caller gets the refusal of the last one, and each one was asked once. */
    @Test
    void shouldPassOnTheLastRefusal() throws Exception {
        bad.always(peer -> serve(peer, badRequests, document(503, "{\"a\":1}")));
        ScriptedUpstream other = new ScriptedUpstream();
        more.add(other);
        other.always(peer -> serve(peer, badRequests, document(429, "{\"b\":2}")));
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", bad(), EndpointConfig.of(other.url(), null).withPlace(1, 1, 0))
                        .withBalance(Balance.PRIORITY, HealthConfig.DEFAULT))
                .route(RouteConfig.of("gpt-*", "up")).build(), extensions());

        assertEquals("429 {\"b\":2}", ask(BODY));
        assertEquals(2, badRequests.get());
    }

    /** A reused connection that closes costs a fresh one to the same endpoint, and is not that endpoint's turn. */
    @Test
    void shouldAskTheSameEndpointOnANewConnection() throws Exception {
        ScriptedUpstream gone = new ScriptedUpstream();
        gone.close();
        bad.always(peer -> {
            peer.readMessage();
            badRequests.incrementAndGet();
            peer.write(stream(CREATED + COMPLETED));
            peer.readMessage(); // the request that arrives on the kept connection
            peer.close();
        });
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(gone.url(), null), bad())
                        .withBalance(Balance.ROUND_ROBIN, new HealthConfig(1000, Duration.ofSeconds(5),
                                Duration.ofSeconds(60), 0)))
                .route(RouteConfig.of("gpt-*", "up")).transport(new TransportConfig(transport, 1, false)).build(),
                extensions());

        for (int i = 0; i < 60; i++) {
            assertEquals("200 " + CREATED + COMPLETED, ask(BODY));
        }
        assertEquals(60, badRequests.get());
    }

    /** A model that an endpoint does not have rests there, and no other one does. */
    @ParameterizedTest
    @CsvSource({"404, model_not_found", "400, model_not_found", "404, DeploymentNotFound",
        "403, model_not_found"})
    void shouldAskTheEndpointThatHasTheModel(int status, String code) throws Exception {
        bad.always(peer -> {
            while (true) {
                boolean isKnown = peer.readMessage().text().contains("gpt-known");
                badRequests.incrementAndGet();
                peer.write(isKnown ? stream(CREATED + COMPLETED)
                        : document(status, "{\"error\":{\"message\":\"m\",\"code\":\"" + code + "\"}}"));
            }
        });
        launch(false, null, bad());

        assertEquals("200 " + GOOD, ask(BODY));
        assertEquals("200 " + CREATED + COMPLETED, ask(BODY.replace("gpt-5.2", "gpt-known")));
        assertEquals("200 " + GOOD, ask(BODY));
        assertEquals(2, badRequests.get());
        assertTrue(describeEndpoints().contains("\"available\""), describeEndpoints());

        time.advance(Duration.ofMillis(1001));
        assertEquals("200 " + GOOD, ask(BODY)); // the probe
        assertEquals("200 " + GOOD, ask(BODY));
        assertEquals(3, badRequests.get());
    }

    /** A 403 that names the model refuses only that; any other one, also without a body, refuses the key. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"error":{"code":"model_not_found"}} | true
            {"error":{"code":"unsupported_country_region_territory"}} | false
            {"error":                            | false
            ''                                   | false
            """)
    void shouldReadARefusalBeforeItRestsTheEndpoint(String body, boolean isOfModel) throws Exception {
        bad.always(peer -> {
            while (true) {
                boolean isOther = peer.readMessage().text().contains("gpt-other");
                badRequests.incrementAndGet();
                peer.write(isOther ? stream(CREATED + COMPLETED) : document(403, body));
            }
        });
        launch(false, null, EndpointConfig.of(bad.url(), "sk-own"));

        assertEquals("200 " + GOOD, ask(BODY));
        assertEquals("200 " + (isOfModel ? CREATED + COMPLETED : GOOD), ask(BODY.replace("gpt-5.2", "gpt-other")));
        assertEquals("200 " + GOOD, ask(BODY));
        assertEquals(isOfModel ? 2 : 1, badRequests.get());
        assertEquals(!isOfModel, describeEndpoints().contains("\"unauthorized\""), describeEndpoints());
    }

    /** A stored response that failed is an answer like any other: the caller gets it, and the endpoint is healthy. */
    @ParameterizedTest
    @CsvSource({"GET, /v1/responses/resp_9", "POST, /v1/responses/resp_9/cancel"})
    void shouldPassOnAStoredFailure(String method, String path) throws Exception {
        String stored = "{\"id\":\"resp_9\",\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\"}}";
        bad.always(peer -> serve(peer, badRequests, document(200, stored)));
        launch(true, null, bad());

        for (int i = 0; i < 12; i++) {
            try (RawPeer client = connect()) {
                assertEquals(stored, client.write(method + ' ' + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
                        + "\r\n").readMessage().text());
            }
        }

        assertEquals(12, badRequests.get());
        assertEquals(0, okRequests.get());
        assertTrue(!describeEndpoints().contains("\"cooling\""), describeEndpoints());
    }

    /** An answer without a byte is lost before its first event, also if it ends cleanly. */
    @ParameterizedTest
    @CsvSource({"true, 200", "false, 502"})
    void shouldAskAnotherAfterAnEmptyStream(boolean isIdempotent, String status) throws Exception {
        bad.always(peer -> serve(peer, badRequests, eventStreamHead() + "0\r\n\r\n"));
        launch(isIdempotent, null, bad());

        String answer = ask(BODY);

        assertEquals(status, answer.substring(0, 3), answer);
        assertEquals(isIdempotent, answer.contains("resp_good"));
        assertEquals(1, badRequests.get());
    }

    /** A coded answer that is to be collected and is cut or broken is as lost as one without a coding. */
    @ParameterizedTest
    @CsvSource({"cut, true", "cut, false", "broken, true", "broken, false"})
    void shouldAskAnotherAfterABrokenCoding(String fault, boolean isIdempotent) throws Exception {
        ByteArrayOutputStream coded = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(coded)) {
            gzip.write((CREATED + DELTA).getBytes(StandardCharsets.UTF_8));
        }
        byte[] bytes = coded.toByteArray();
        int length = fault.equals("cut") ? bytes.length - 12 : bytes.length;
        if (fault.equals("broken")) {
            Arrays.fill(bytes, 12, 30, (byte) 0xff);
        }
        String body = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        bad.always(peer -> {
            peer.readMessage();
            badRequests.incrementAndGet();
            peer.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
                    + "Content-Length: " + length + "\r\n\r\n" + body);
            peer.awaitClose();
        });
        launch(isIdempotent, "codex-lb", bad());

        String answer = ask(COLLECTED);

        assertEquals(isIdempotent ? "200" : "502", answer.substring(0, 3), answer);
        assertEquals(1, badRequests.get());
    }

    /** A failure in an answer counts once, like the status that it stands for. */
    @ParameterizedTest
    @ValueSource(strings = {"503 {}", "200 {\"error\":{\"code\":\"server_error\"}}"})
    void shouldEjectAnEndpointWhoseAnswersFail(String answer) throws Exception {
        bad.always(peer -> serve(peer, badRequests, document(Integer.parseInt(answer.substring(0, 3)),
                answer.substring(4))));
        ok.always(peer -> serve(peer, okRequests, ANSWER));
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", bad(), EndpointConfig.of(ok.url(), null).withPlace(1, 1, 0))
                        .withBalance(Balance.PRIORITY, new HealthConfig(3, Duration.ofSeconds(5),
                                Duration.ofSeconds(60), 0)))
                .route(RouteConfig.of("gpt-*", "up")).transport(new TransportConfig(transport, 1, false)).build(),
                extensions());

        for (int i = 0; i < 6; i++) {
            assertEquals("200 " + GOOD, ask(BODY));
        }
        assertEquals(3, badRequests.get());
    }

    @Test
    void shouldPassOnA404ThatSaysNothingAboutTheModel() throws Exception {
        bad.always(peer -> serve(peer, badRequests, document(404, "{\"error\":{\"code\":\"not_found\"}}")));
        launch(true, null, bad());

        assertEquals("404 {\"error\":{\"code\":\"not_found\"}}", ask(BODY));
        assertEquals(0, okRequests.get());
    }

    /** A limit rests for as long as its body says, for the model that has reached it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            429 | {"error":{"code":"usage_limit_reached","resets_in_seconds":90}} | 90 | true
            429 | {"error":{"code":429,"retry_after":"1m30s"}}                     | 90 | true
            200 | {"error":{"code":429,"retry_after":90}}                          | 90 | true
            503 | {"error":{"code":"overloaded","retry_after":20}}                 | 20 | false
            """)
    void shouldRestForTheTimeInTheBody(int status, String body, int seconds, boolean isOfModel) throws Exception {
        bad.always(peer -> serve(peer, badRequests, document(status, body)));
        launch(false, null, bad());

        assertEquals("200 " + GOOD, ask(BODY));
        Await.until("the body was read", () -> describeEndpoints().contains("\"cooling\""));
        time.settle();
        time.advance(Duration.ofMillis(seconds * 1000L - 500));
        assertEquals("200 " + GOOD, ask(BODY));
        assertEquals(1, badRequests.get());
        ask(BODY.replace("gpt-5.2", "gpt-other"));
        assertEquals(isOfModel ? 2 : 1, badRequests.get());
        time.advance(Duration.ofSeconds(1));
        assertEquals("200 " + GOOD, ask(BODY));
        assertEquals(isOfModel ? 3 : 2, badRequests.get());
    }
}
