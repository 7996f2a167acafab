// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.protocol.json.JsonTree;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages downstream, POST and an event stream upstream. */
class WebSocketBridgeIT extends RelayFixture {
    private static final String ITEM = "{\"type\":\"message\",\"id\":\"msg_1\",\"content\":[{\"text\":\"}, ]\\\"\"}]}";

    private static final String CREATE = "{\"type\":\"response.create\",\"model\":\"gpt-5\"}";
    /** The beginning of a request that more members follow. */
    private static final String ASK = CREATE.replace('}', ',');

    private final BlockingQueue<String> bodies = new LinkedBlockingQueue<>();

    @BeforeEach
    void launchBridge() {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), "sk-upstream"))
                        .withWebsocket(WebSocketMode.BRIDGE))
                .route(RouteConfig.of("gpt-*", "up")).timeouts(TimeoutConfig.builder()
                        .betweenReads(Duration.ofMinutes(30)).build()).build(), extensions());
    }

    private static String created(String id) {
        return "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,"
                + "\"response\":{\"id\":\"" + id + "\",\"model\":\"m\"}}\n\n";
    }

    private static String itemDone(String item) {
        return "event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"output_index\":0,"
                + "\"item\":" + item + ",\"sequence_number\":1}\n\n";
    }

    private static String completed(String id) {
        return "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":2,\"response\":"
                + "{\"id\":\"" + id + "\",\"status\":\"completed\",\"usage\":{\"input_tokens\":3,\"output_tokens\":5,"
                + "\"total_tokens\":8}}}\n\n";
    }

    /** Answers all requests, each with another id and an output item. */
    private void answerAll() {
        int[] count = new int[1];
        upstream.always(peer -> {
            while (true) {
                RawPeer.Message request = peer.readMessage();
                bodies.add(new String(request.body(), UTF_8));
                String id = "resp_" + ++count[0];
                peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(created(id) + itemDone(ITEM)
                        + completed(id)) + "0\r\n\r\n");
            }
        });
    }

    private void answer(String response) {
        upstream.always(peer -> {
            while (true) {
                bodies.add(new String(peer.readMessage().body(), UTF_8));
                peer.write(response);
            }
        });
    }

    private WebSocketPeer client() throws IOException {
        return WebSocketPeer.connect(relay.port());
    }

    private Object takeBody() throws InterruptedException {
        String body = bodies.poll(20, TimeUnit.SECONDS);
        return JsonTree.read(body.getBytes(UTF_8));
    }

    private static Object json(String text) {
        return JsonTree.read(text.getBytes(UTF_8));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"type":"response.create","model":"gpt-5","input":"a"} | {"stream":true,"model":"gpt-5","input":"a"}
            {"model":"gpt-5","input":"a","stream_id":"x","type":"response.create"} \
            | {"stream":true,"model":"gpt-5","input":"a"}
            {"model":"gpt-5","generate":true,"stream":false,"type":"response.create","x":[1, 2]} \
            | {"stream":true,"model":"gpt-5","x":[1,2]}
            { "type" : "response.create" , "stream" : true , "model" : "gpt-5" } | {"stream":true,"model":"gpt-5"}
            {"type":"response.create","stream_id":"a","generate":true,"model":"gpt-5"} | {"stream":true,"model":"gpt-5"}
            {"model":"gpt-5","type":"response.create","metadata":{"type":"kept","stream_id":"kept"}} \
            | {"stream":true,"model":"gpt-5","metadata":{"type":"kept","stream_id":"kept"}}
            {"type":"response.create","model":"gpt-5","previous_response_id":"resp_9"} \
            | {"stream":true,"model":"gpt-5","previous_response_id":"resp_9"}
            """)
    void shouldPostTheMessageWithoutWhatOnlyAMessageHas(String message, String body) throws Exception {
        answerAll();
        try (WebSocketPeer peer = client()) {
            peer.send(message).readUntil("response.completed");

            assertEquals(json(body), takeBody());
        }
    }

    @Test
    void shouldSendEachEventAsOneMessage() throws Exception {
        answer(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(": comment\n\n" + created("resp_1")
                + "id: 7\nretry: 5\ndata: {\"a\":1,\ndata:  \"b\":2}\n\nevent: x\n\ndata:\n\n"
                + "data: [DONE]\n\ndata: 7\n\n"
                + completed("resp_1") + "data: [DONE]\n\n") + "0\r\n\r\n");
        try (WebSocketPeer peer = client()) {
            List<String> messages = peer.send(CREATE)
                    .readUntil("response.completed");

            assertEquals(3, messages.size());
            assertEquals("{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\","
                    + "\"model\":\"m\"}}", messages.get(0));
            assertEquals("{\"a\":1,\n \"b\":2}", messages.get(1));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 70_000, 3_000_000})
    void shouldPassEventsOfAnyLengthInPiecesOfAnyLength(int length) throws Exception {
        String text = "é".repeat(length / 2);
        byte[] event = ("data: {\"type\":\"response.output_text.done\",\"text\":\"" + text + "\"}\n\n").getBytes(UTF_8);
        answer(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(created("resp_1"))
                + Integer.toHexString(event.length) + "\r\n" + new String(event, ISO_8859_1) + "\r\n"
                + ScriptedUpstream.chunk(completed("resp_1")) + "0\r\n\r\n");
        try (WebSocketPeer peer = client()) {
            peer.send(ASK + "\"stream_id\":\"lane.1\"}");
            peer.read();

            assertEquals("{\"type\":\"response.output_text.done\",\"text\":\"" + text + "\",\"stream_id\":\"lane.1\"}",
                    peer.read());
            assertTrue(peer.read().endsWith(",\"stream_id\":\"lane.1\"}"));
        }
    }

    @Test
    void shouldContinueAnUnstoredResponseWithItsItems() throws Exception {
        answerAll();
        try (WebSocketPeer peer = client()) {
            peer.send(ASK + "\"store\":false,\"input\":[{\"n\":1}, {\"n\":2}]}")
                    .readUntil("response.completed");
            peer.send(ASK + "\"store\":false,\"previous_response_id\":"
                    + "\"resp_1\",\"input\":[{\"n\":3}]}").readUntil("response.completed");
            peer.send("{\"model\":\"gpt-5\",\"previous_response_id\":\"resp_2\",\"store\":false,"
                    + "\"input\":\"say \\\"4\\\"\","
                    + "\"type\":\"response.create\"}").readUntil("response.completed");
            peer.send("{\"previous_response_id\":\"resp_3\",\"type\":\"response.create\",\"model\":\"gpt-5\","
                    + "\"store\":false}")
                    .readUntil("response.completed");

            takeBody();
            assertEquals(json("{\"stream\":true,\"model\":\"gpt-5\",\"store\":false,\"input\":[{\"n\":1},{\"n\":2},"
                    + ITEM + ",{\"n\":3}]}"), takeBody());
            String third = "{\"n\":1},{\"n\":2}," + ITEM + ",{\"n\":3}," + ITEM
                    + ",{\"type\":\"message\",\"role\":\"user\",\"content\":\"say \\\"4\\\"\"}";
            assertEquals(json("{\"stream\":true,\"model\":\"gpt-5\",\"store\":false,\"input\":[" + third + "]}"),
                    takeBody());
            assertEquals(json("{\"stream\":true,\"model\":\"gpt-5\",\"store\":false,\"input\":[" + third + "," + ITEM
                    + "]}"), takeBody());
        }
    }

    @Test
    void shouldPassTheEventsBehindAnItemThatArrivesInTwoReads() throws Exception {
        String item = "{\"n\":\"" + "x".repeat(10_000) + "\"}";
        String text = itemDone(item);
        CompletableFuture<Void> isBegun = new CompletableFuture<>();
        upstream.then(peer -> {
            bodies.add(new String(peer.readMessage().body(), UTF_8));
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(created("resp_1")
                    + text.substring(0, 9_000)));
            isBegun.get(); // so that the two parts are read one by one
            peer.write(ScriptedUpstream.chunk(text.substring(9_000) + "data: {\"type\":\"response.x\"}\n\n"
                    + completed("resp_1")) + "0\r\n\r\n");
            bodies.add(new String(peer.readMessage().body(), UTF_8));
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(completed("resp_2")) + "0\r\n\r\n");
        });
        try (WebSocketPeer peer = client()) {
            peer.send(ASK + "\"store\":false,\"input\":[]}").read();
            isBegun.complete(null);
            List<String> messages = peer.readUntil("response.completed");

            assertEquals(List.of("{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":" + item
                    + ",\"sequence_number\":1}", "{\"type\":\"response.x\"}"), messages.subList(0, 2));
            peer.send(ASK + "\"store\":false,\"previous_response_id\":\"resp_1\",\"input\":[]}")
                    .readUntil("response.completed");
            takeBody();
            assertEquals(json("{\"stream\":true,\"model\":\"gpt-5\",\"store\":false,\"input\":[" + item + "]}"),
                    takeBody());
        }
    }

    @Test
    void shouldContinueAnUnstoredResponseThatWasADocument() throws Exception {
        String body = "{\"id\":\"resp_1\",\"status\":\"completed\",\"output\":[{\"n\":1},{\"n\":2}]}";
        answer("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n"
                + body);
        try (WebSocketPeer peer = client()) {
            peer.send(ASK + "\"store\":false,\"input\":[]}").readUntil("response.completed");
            peer.send(ASK + "\"store\":false,\"previous_response_id\":\"resp_1\",\"input\":[{\"n\":3}]}")
                    .readUntil("response.completed");

            takeBody();
            assertEquals(json("{\"stream\":true,\"model\":\"gpt-5\",\"store\":false,"
                    + "\"input\":[{\"n\":1},{\"n\":2},{\"n\":3}]}"), takeBody());
        }
    }

    @Test
    void shouldLetAnotherLaneContinueAResponse() throws Exception {
        answerAll();
        try (WebSocketPeer peer = client()) {
            peer.send(ASK + "\"store\":false,\"input\":[{\"n\":1}]}")
                    .readUntil("response.completed");
            peer.send(ASK + "\"store\":false,\"stream_id\":\"fork\","
                    + "\"previous_response_id\":\"resp_1\",\"input\":[]}").readUntil("response.completed");
            peer.send(ASK + "\"store\":false,"
                    + "\"previous_response_id\":\"resp_1\",\"input\":[{\"n\":2}]}").readUntil("response.completed");
            // the latest response of a lane takes the place of the one before it
            String answer = peer.send(ASK + "\"store\":false,"
                    + "\"previous_response_id\":\"resp_1\",\"input\":[]}").read();

            takeBody();
            assertEquals(json("[{\"n\":1}," + ITEM + "]"), ((Map<?, ?>) takeBody()).get("input"));
            assertEquals(json("[{\"n\":1}," + ITEM + ",{\"n\":2}]"), ((Map<?, ?>) takeBody()).get("input"));
            assertTrue(answer.contains("previous_response_not_found"), answer);
        }
    }

    /** A continued request that has failed upstream cannot be continued again, as in the service. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            400 | {"error":{"message":"no such call","type":"invalid_request_error"}} | false
            500 | {"error":{"message":"oops"}} | false
            200 | data: {"type":"error","message":"x"} | false
            200 | data: {"type":"response.failed","response":{"id":"resp_2","status":"failed"}} | false
            200 | data: {"type":"response.created","response":{"id":"resp_2"}} | false
            200 | data: {"type":"response.incomplete","response":{"id":"resp_2","status":"incomplete"}} | true
            """)
    void shouldForgetALaneWhoseRequestFailed(int status, String body, boolean isKept) throws Exception {
        String text = status == 200 ? created("resp_2").repeat(body.contains("created") ? 0 : 1) + body + "\n\n" : body;
        int[] count = new int[1];
        upstream.always(peer -> {
            while (true) {
                bodies.add(new String(peer.readMessage().body(), UTF_8));
                count[0]++;
                peer.write(count[0] != 2 ? ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(created("resp_"
                        + count[0]) + completed("resp_" + count[0])) + "0\r\n\r\n"
                        : "HTTP/1.1 " + status + " S\r\ncontent-type: " + (status == 200 ? "text/event-stream"
                        : "application/json") + "\r\ncontent-length: " + text.length() + "\r\n\r\n" + text);
            }
        });
        try (WebSocketPeer peer = client()) {
            peer.send(ASK + "\"store\":false,\"input\":[{\"n\":1}]}").readUntil("response.completed");
            peer.send(ASK + "\"store\":false,\"previous_response_id\":\"resp_1\",\"input\":[]}");
            String answer = peer.read();
            while (isCreated(answer)) {
                answer = peer.read();
            }
            String id = isKept ? "resp_2" : "resp_1";
            peer.send(ASK + "\"store\":false,\"previous_response_id\":\"" + id + "\",\"input\":[]}");
            String next = peer.read();

            assertEquals(isKept, isCreated(next), next);
            assertEquals(!isKept, next.contains("previous_response_not_found"), next);
        }
    }

    private static boolean isCreated(String event) {
        return event.startsWith("{\"type\":\"response.created\"");
    }

    @Test
    void shouldAnswerAWarmUpItselfAndUseItsInput() throws Exception {
        answerAll();
        try (WebSocketPeer peer = client()) {
            List<String> warmUp = peer.send(ASK + "\"store\":false,"
                    + "\"input\":[{\"n\":1}],\"generate\":false}").readUntil("response.completed");
            Map<?, ?> response = (Map<?, ?>) ((Map<?, ?>) json(warmUp.get(1))).get("response");
            assertEquals(2, warmUp.size());
            assertEquals(List.of(), response.get("output"));
            assertEquals(0, upstream.connections());

            peer.send(ASK + "\"store\":false,\"previous_response_id\":\""
                    + response.get("id") + "\",\"input\":[{\"n\":2}]}").readUntil("response.completed");

            assertEquals(json("[{\"n\":1},{\"n\":2}]"), ((Map<?, ?>) takeBody()).get("input"));
        }
    }

    @Test
    void shouldForgetAResponseThatIsTooLarge() throws Exception {
        answerAll();
        try (WebSocketPeer peer = client()) {
            peer.send(ASK + "\"store\":false,\"input\":\""
                    + "x".repeat(9 * 1024 * 1024) + "\"}").readUntil("response.completed");

            String answer = peer.send(ASK + "\"store\":false,"
                    + "\"previous_response_id\":\"resp_1\",\"input\":[]}").read();

            assertTrue(answer.contains("previous_response_not_found") && answer.contains("\"status\":400"), answer);
            String warmUp = peer.send(ASK + "\"generate\":false,\"input\":\""
                    + "x".repeat(9 * 1024 * 1024) + "\"}").read();
            assertTrue(warmUp.contains("warmup_not_supported"), warmUp);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            429 | {"error":{"type":"rate_limit_error","code":"slow_down","message":"no"}} | slow_down
            500 | {"error":{"type":"server_error","code":"boom","message":"no"}} | boom
            403 | {"error":{"type":"x","code":"no","message":"no"}} | "no"
            502 | <html>Bad gateway</html> | <html>Bad gateway</html>
            400 | '' | The upstream answered with status 400
            """)
    void shouldWrapARefusalOfTheUpstream(int status, String body, String part) throws Exception {
        answer("HTTP/1.1 " + status + " No\r\nContent-Type: application/json\r\nRetry-After: 7\r\n"
                + "X-RateLimit-Remaining-Requests: 0\r\nSet-Cookie: a=b\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body);
        try (WebSocketPeer peer = client()) {
            String answer = peer.send(ASK + "\"stream_id\":\"z\"}").read();

            assertTrue(answer.startsWith("{\"type\":\"error\",\"status\":" + (status == 403 ? 502 : status)), answer);
            if (status != 403) { // that one refuses the relay's own key
                assertTrue(answer.contains(part) && answer.contains("\"retry-after\":\"7\"")
                        && answer.contains("\"x-ratelimit-remaining-requests\":\"0\""), answer);
            }
            assertTrue(answer.contains("\"stream_id\":\"z\""), answer);
            assertFalse(answer.toLowerCase(java.util.Locale.ROOT).contains("cookie"), answer);
        }
    }

    @Test
    void shouldReportAStreamThatBreaksOff() throws Exception {
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(created("resp_1")));
            peer.close();
        });
        answerAll();
        try (WebSocketPeer peer = client()) {
            peer.send(ASK + "\"stream_id\":\"z\"}").read();

            String answer = peer.read();

            assertTrue(answer.contains("\"status\":502,\"stream_id\":\"z\""), answer);
            assertTrue(answer.contains("upstream_lost"), answer);
            peer.send(ASK + "\"stream_id\":\"z\"}")
                    .readUntil("response.completed");
        }
    }

    @Test
    void shouldCloseWhenALongEventBreaksOff() throws Exception {
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(created("resp_1"))
                    + ScriptedUpstream.chunk("data: {\"type\":\"x\",\"text\":\"" + "y".repeat(200_000)));
            peer.close();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).read();

            assertEquals(1011, peer.readClose());
        }
    }

    @Test
    void shouldWrapAnErrorEventOfTheStream() throws Exception {
        answer(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(created("resp_1") + "event: error\ndata: "
                + "{\"type\":\"error\",\"code\":\"boom\",\"message\":\"it broke\",\"param\":null}\n\n") + "0\r\n\r\n");
        try (WebSocketPeer peer = client()) {
            String answer = peer.send(ASK + "\"stream_id\":\"z\"}")
                    .readUntil("\"error\"").get(1);

            assertEquals("{\"type\":\"error\",\"status\":500,\"stream_id\":\"z\",\"error\":{\"type\":\"server_error\","
                    + "\"code\":\"boom\",\"message\":\"it broke\",\"param\":null}}", answer);
        }
    }

    @Test
    void shouldMakeEventsOfADocument() throws Exception {
        String body = "{\"id\":\"resp_1\",\"status\":\"completed\",\"output\":[{\"n\":1},{\"n\":2}]}";
        answer("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n"
                + body);
        try (WebSocketPeer peer = client()) {
            List<String> messages = peer.send(CREATE)
                    .readUntil("response.completed");

            assertEquals(3, messages.size());
            assertEquals("{\"type\":\"response.output_item.done\",\"output_index\":1,\"item\":{\"n\":2}}",
                    messages.get(1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "text/plain", "application/octet-stream", "text/event-stream"})
    void shouldNotLeaveARequestWithoutAnAnswer(String type) throws Exception {
        upstream.always(peer -> {
            peer.readMessage();
            peer.write("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: 5\r\n\r\nhello");
            peer.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            String answer = peer.send(CREATE).read();

            assertTrue(answer.startsWith("{\"type\":\"error\",\"status\":502"), answer);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"type":"response.steer","previous_response_id":"resp_1","input":"x"} \
            | {"type":"response.steer.failed","steer":{"previous_response_id":"resp_1"}
            {"type":"response.inject","response_id":"resp_1","input":[1]}         \
            | {"type":"response.inject.failed","response_id":"resp_1"
            """)
    void shouldEchoTheInputThatItCannotAdd(String message, String beginning) throws Exception {
        try (WebSocketPeer peer = client()) {
            String answer = peer.send(message).read();

            assertTrue(answer.startsWith(beginning), answer);
            assertEquals(((Map<?, ?>) json(message)).get("input"), ((Map<?, ?>) json(answer)).get("input"));
        }
    }

    @Test
    void shouldRefuseTheThirtyThirdLane() throws Exception {
        answerAll();
        try (WebSocketPeer peer = client()) {
            for (int i = 0; i < 32; i++) {
                peer.send(ASK + "\"stream_id\":\"l" + i + "\"}")
                        .readUntil("response.completed");
            }

            String answer = peer.send(ASK + "\"stream_id\":\"l32\"}").read();

            assertTrue(answer.contains("websocket_stream_limit_reached") && answer.contains("\"stream_id\":\"l32\""),
                    answer);
            peer.send(CREATE).readUntil("response.completed");
        }
    }

    @Test
    void shouldRefuseAResponseInTheBackground() throws Exception {
        try (WebSocketPeer peer = client()) {
            String answer = peer.send(ASK + "\"background\":true}").read();

            assertTrue(answer.contains("\"status\":400") && answer.contains("\"param\":\"background\""), answer);
        }
    }

    @Test
    void shouldSendAnEventInASilence() throws Exception {
        time.stopTicking();
        relay.close();
        launchBridge();
        upstream.then(peer -> {
            peer.readMessage();
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(created("resp_1")));
            peer.awaitClose();
        });
        try (WebSocketPeer peer = client()) {
            peer.send(ASK + "\"stream_id\":\"z\"}").read();
            time.advance(Duration.ofSeconds(61));

            assertEquals("{\"type\":\"keepalive\",\"sequence_number\":0,\"stream_id\":\"z\"}", peer.read());
        }
    }

    /** The Codex CLI gives up a request after five minutes without a message; SDKs expect no other event first. */
    @ParameterizedTest
    @CsvSource({"/backend-api/codex/responses, true", "/v1/responses, false"})
    void shouldSendEventsBeforeTheFirstOneToTheCodexCli(String path, boolean isSent) throws Exception {
        time.stopTicking();
        relay.close();
        launchBridge();
        CompletableFuture<Void> go = new CompletableFuture<>();
        upstream.then(peer -> {
            peer.readMessage();
            go.get();
            peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(created("resp_1")
                    + completed("resp_1")) + "0\r\n\r\n");
            peer.awaitClose();
        });
        try (RawPeer raw = connect()) {
            assertTrue(raw.write(WebSocketPeer.request(path)).readHead().startsWith("HTTP/1.1 101 "));
            WebSocketPeer peer = WebSocketPeer.client(raw);
            peer.send(ASK + "\"stream_id\":\"z\"}").awaitPong();
            for (int i = 0; i < 2; i++) {
                time.advance(Duration.ofSeconds(61));
                if (isSent) {
                    assertEquals("{\"type\":\"keepalive\",\"stream_id\":\"z\"}", peer.read());
                }
                peer.awaitPong(); // a connection that is silent after its ping would be dropped
            }
            go.complete(null);

            assertEquals(2, peer.readUntil("response.completed").size());
        }
    }

    @Test
    void shouldCloseAConnectionThatIsNotUsedForTheConfiguredTime() throws Exception {
        time.stopTicking();
        relay.close();
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), "k"))
                        .withWebsocket(WebSocketMode.BRIDGE)).route(RouteConfig.of("gpt-*", "up"))
                .timeouts(TimeoutConfig.builder().websocketIdle(Duration.ofSeconds(20)).build()).build(),
                extensions());
        answerAll();
        try (WebSocketPeer peer = client()) {
            for (int i = 0; i < 3; i++) {
                peer.send(CREATE).readUntil("response.completed");
                time.advance(Duration.ofSeconds(15));
                peer.awaitPong();
            }
            time.advance(Duration.ofSeconds(6));

            assertEquals(1001, peer.readClose());
        }
    }

    @Test
    void shouldReadTheUsageOfEachResponse() throws Exception {
        answerAll();
        try (WebSocketPeer peer = client()) {
            peer.send(CREATE).readUntil("response.completed");

            assertEquals(8, usage.poll(20, TimeUnit.SECONDS).usage().totalTokens());
        }
    }
}
