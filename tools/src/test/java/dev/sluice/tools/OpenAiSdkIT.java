// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.tools.mock.MockOptions;
import dev.sluice.tools.mock.MockReport;
import dev.sluice.tools.mock.MockUpstream;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests with the official OpenAI SDK, of which only the base URL is changed. */
class OpenAiSdkIT {
    final BlockingQueue<MockReport> reports = new LinkedBlockingQueue<>();
    MockUpstream mock;
    Relay relay;
    private OpenAIClient client;

    @BeforeEach
    void start() throws Exception {
        launch();
        client = client("sk-of-the-sdk");
    }

    /** Starts the mock and the relay in front of it. */
    void launch() throws Exception {
        mock = new MockUpstream("127.0.0.1", 0, new MockOptions(), reports::add);
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("mock", EndpointConfig.of("http://127.0.0.1:" + mock.port() + "/v1", null)))
                .route(RouteConfig.of("gpt-*", "mock")).key(KeyConfig.ofSecret("sdk", "sk-of-the-sdk")).build());
    }

    OpenAIClient client(String key) throws Exception {
        return OpenAIOkHttpClient.builder().baseUrl("http://127.0.0.1:" + relay.port() + "/v1").apiKey(key)
                .maxRetries(0).build();
    }

    @AfterEach
    void stop() {
        client.close();
        relay.close();
        mock.close();
    }

    private static ResponseCreateParams params(String model, String... mockOptions) {
        ResponseCreateParams.Metadata.Builder metadata = ResponseCreateParams.Metadata.builder();
        for (int i = 0; i < mockOptions.length; i += 2) {
            metadata.putAdditionalProperty("mock_" + mockOptions[i], JsonValue.from(mockOptions[i + 1]));
        }
        return ResponseCreateParams.builder().model(model).input("Say something.").metadata(metadata.build()).build();
    }

    @Test
    void shouldStream() {
        StringBuilder text = new StringBuilder();
        List<ResponseStreamEvent> events;
        try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(params("gpt-5.2"))) {
            events = stream.stream().toList();
        }
        events.forEach(event -> event.outputTextDelta().ifPresent(delta -> text.append(delta.delta())));

        assertTrue(text.toString().startsWith("The quick brown fox"), text.toString());
        Response last = events.get(events.size() - 1).completed().orElseThrow().response();
        assertEquals(32, last.usage().orElseThrow().outputTokens());
    }

    @Test
    void shouldStreamAFunctionCall() {
        try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(params("gpt-5.2", "kind",
                "function_call"))) {
            assertEquals(1, stream.stream().filter(event -> event.functionCallArgumentsDone().isPresent()).count());
        }
    }

    @Test
    void shouldAnswerWithJson() {
        Response response = client.responses().create(params("gpt-5.2", "kind", "reasoning"));

        assertTrue(response.id().startsWith("resp_"));
        assertEquals(2, response.output().size());
    }

    @Test
    void shouldRaiseTypedErrors() throws Exception {
        assertThrows(NotFoundException.class, () -> client.responses().create(params("no-such-model")));
        assertThrows(RateLimitException.class, () -> client.responses().create(params("gpt-5.2", "status", "429")));
        OpenAIClient stranger = client("sk-of-nobody");
        assertThrows(UnauthorizedException.class, () -> stranger.responses().create(params("gpt-5.2")));
        stranger.close();
    }

    @Test
    void shouldCancelTheUpstreamWhenTheClientCancels() throws InterruptedException {
        try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(params("gpt-5.2",
                "events", "100000", "pace_ms", "5"))) {
            Iterator<ResponseStreamEvent> events = stream.stream().iterator();
            for (int i = 0; i < 10; i++) {
                events.next();
            }
        }

        assertEquals("left", reports.poll(20, TimeUnit.SECONDS).end());
    }

    /** A lost upstream must not look like a short answer. */
    @Test
    void shouldRaiseWhenTheUpstreamIsLost() {
        for (String fault : new String[] {"close", "reset", "truncate"}) {
            try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(params("gpt-5.2",
                    "fault", fault, "pace_ms", "2"))) {
                assertThrows(OpenAIException.class, () -> stream.stream().forEach(event -> { }), fault);
            }
        }
    }
}
