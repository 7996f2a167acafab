// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.ResponseConnection;
import com.openai.core.http.ResponseWebSocketException;
import com.openai.core.http.WebSocketHandshakeException;
import com.openai.core.http.WebSocketWriteNotAttempted;
import com.openai.errors.OpenAIException;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponsesClientEvent;
import com.openai.models.responses.ResponsesServerEvent;
import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.tools.mock.MockOptions;
import dev.sluice.tools.mock.MockReport;
import dev.sluice.tools.mock.MockUpstream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The WebSocket client of openai-java, in front of an upstream that speaks WebSocket and of one that does not. */
class OpenAiSdkWebSocketIT {
    private static final String KEY = "sk-of-the-sdk";

    private final BlockingQueue<MockReport> reports = new LinkedBlockingQueue<>();
    private final List<OpenAIClient> clients = new ArrayList<>();
    private MockUpstream mock;
    private Relay relay;

    private void launch(WebSocketMode mode) {
        MockOptions options = new MockOptions();
        options.set("websocket", Boolean.toString(mode == WebSocketMode.NATIVE));
        mock = new MockUpstream("127.0.0.1", 0, options, reports::add);
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("mock", EndpointConfig.of("http://127.0.0.1:" + mock.port() + "/v1", null))
                        .withWebsocket(mode))
                .route(RouteConfig.of("gpt-*", "mock")).key(KeyConfig.ofSecret("sdk", KEY)).build());
    }

    private ResponseConnection connect(String key) {
        OpenAIClient client = OpenAIOkHttpClient.builder().baseUrl("http://127.0.0.1:" + relay.port() + "/v1")
                .apiKey(key).maxRetries(0).build();
        clients.add(client);
        return client.responses().connect();
    }

    @AfterEach
    void stop() {
        clients.forEach(OpenAIClient::close);
        relay.close();
        mock.close();
    }

    private static ResponsesClientEvent.ResponseCreate.Builder request() {
        return ResponsesClientEvent.ResponseCreate.builder().model("gpt-5.2").input("Say something.").store(false);
    }

    /** Sends a message; the SDK takes none while it still writes another one. */
    private static void sendWhenIdle(ResponseConnection.Lane lane, ResponsesClientEvent message)
            throws InterruptedException {
        while (true) {
            try {
                lane.send(message);
                return;
            } catch (WebSocketWriteNotAttempted.Busy stillWriting) {
                Thread.sleep(1);
            }
        }
    }

    private static ResponsesClientEvent create(ResponsesClientEvent.ResponseCreate.Builder request) {
        return ResponsesClientEvent.ofResponseCreate(request.build());
    }

    @ParameterizedTest
    @EnumSource(value = WebSocketMode.class, names = {"NATIVE", "BRIDGE"})
    void shouldContinueAnUnstoredResponse(WebSocketMode mode) {
        launch(mode);
        try (ResponseConnection connection = connect(KEY)) {
            connection.send(create(request()));
            StringBuilder text = new StringBuilder();
            ResponsesServerEvent event = connection.receive();
            while (event.responseCompleted().isEmpty()) {
                event.responseOutputTextDelta().ifPresent(delta -> text.append(delta.delta()));
                event = connection.receive();
            }
            Response first = event.responseCompleted().orElseThrow().response();
            assertTrue(text.toString().startsWith("The quick brown fox"), text.toString());
            assertEquals(32, first.usage().orElseThrow().outputTokens());

            connection.send(create(request().previousResponseId(first.id()).input("And more.")));
            Response second = connection.finalResponse();

            assertNotEquals(first.id(), second.id());
            assertTrue(second.usage().orElseThrow().inputTokens() > 0);
        }
    }

    @ParameterizedTest
    @EnumSource(value = WebSocketMode.class, names = {"NATIVE", "BRIDGE"})
    void shouldKeepLanesApart(WebSocketMode mode) throws InterruptedException {
        launch(mode);
        try (ResponseConnection connection = connect(KEY)) {
            List<ResponseConnection.Lane> lanes = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                ResponseConnection.Lane lane = connection.lane("lane-" + i);
                lanes.add(lane);
                sendWhenIdle(lane, create(request().metadata(ResponsesClientEvent.ResponseCreate.Metadata.builder()
                        .putAdditionalProperty("mock_events", JsonValue.from(Integer.toString(10 + i))).build())));
            }
            for (int i = 0; i < 3; i++) {
                assertEquals(10 + i, lanes.get(i).finalResponse().usage().orElseThrow().outputTokens());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = WebSocketMode.class, names = {"NATIVE", "BRIDGE"})
    void shouldAnswerAWarmUp(WebSocketMode mode) {
        launch(mode);
        try (ResponseConnection connection = connect(KEY)) {
            connection.send(create(request().generate(false)));
            Response warm = connection.finalResponse();
            assertTrue(warm.output().isEmpty());

            connection.send(create(request().previousResponseId(warm.id())));

            assertEquals(1, connection.finalResponse().output().size());
        }
    }

    @ParameterizedTest
    @EnumSource(value = WebSocketMode.class, names = {"NATIVE", "BRIDGE"})
    void shouldRaiseARefusalAndGoOn(WebSocketMode mode) {
        launch(mode);
        try (ResponseConnection connection = connect(KEY)) {
            connection.send(create(request().model("no-such-model")));
            ResponseWebSocketException refused = assertThrows(ResponseWebSocketException.class,
                    connection::finalResponse);
            assertEquals(400, refused.event().error().orElseThrow().status().orElseThrow());

            connection.send(create(request()));

            assertEquals(1, connection.finalResponse().output().size());
        }
    }

    @ParameterizedTest
    @EnumSource(value = WebSocketMode.class, names = {"NATIVE", "BRIDGE"})
    void shouldRefuseAnotherKey(WebSocketMode mode) {
        launch(mode);

        WebSocketHandshakeException refused = assertThrows(WebSocketHandshakeException.class,
                () -> connect("sk-of-nobody"));

        assertEquals(401, refused.statusCode());
    }

    /** A lost upstream must not look like a short answer. */
    @ParameterizedTest
    @EnumSource(value = WebSocketMode.class, names = {"NATIVE", "BRIDGE"})
    void shouldRaiseWhenTheUpstreamIsLost(WebSocketMode mode) {
        launch(mode);
        try (ResponseConnection connection = connect(KEY)) {
            connection.send(create(request().metadata(ResponsesClientEvent.ResponseCreate.Metadata.builder()
                    .putAdditionalProperty("mock_fault", JsonValue.from("close")).build())));

            assertThrows(OpenAIException.class, connection::finalResponse);
        }
    }

    @ParameterizedTest
    @EnumSource(value = WebSocketMode.class, names = {"NATIVE", "BRIDGE"})
    void shouldCancelTheUpstreamWhenTheClientLeaves(WebSocketMode mode) throws InterruptedException {
        launch(mode);
        try (ResponseConnection connection = connect(KEY)) {
            connection.send(create(request().metadata(ResponsesClientEvent.ResponseCreate.Metadata.builder()
                    .putAdditionalProperty("mock_events", JsonValue.from("100000"))
                    .putAdditionalProperty("mock_pace_ms", JsonValue.from("5")).build())));
            for (int i = 0; i < 10; i++) {
                connection.receive();
            }
        }

        assertEquals("left", reports.poll(20, TimeUnit.SECONDS).end());
    }
}
