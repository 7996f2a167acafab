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
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TransportConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** P15: an endpoint that refuses rests, and no caller sees its refusal beside an endpoint that serves. */
class RestIT extends RelayFixture {
    private static final int REQUESTS = 120;
    private static final String ANSWER = eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n";

    private final ScriptedUpstream bad = upstream;
    private final ScriptedUpstream ok = new ScriptedUpstream();
    private final AtomicInteger badRequests = new AtomicInteger();

    @AfterEach
    void stopOk() {
        ok.close();
    }

    private void launch(Balance balance, EndpointConfig first) {
        launch(balance, first, 3);
    }

    private void launch(Balance balance, EndpointConfig first, int maxFailures) {
        ok.always(peer -> serve(peer, new AtomicInteger(), ANSWER));
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", first,
                        EndpointConfig.of(ok.url(), "sk-ok").toBuilder().priority(1).build())
                        .withBalance(balance, new HealthConfig(maxFailures, Duration.ofSeconds(5),
                        Duration.ofSeconds(60), 50)))
                .route(RouteConfig.of("gpt-*", "up"))
                .transport(new TransportConfig(transport, 1, false)).build(), extensions());
    }

    private static void serve(RawPeer peer, AtomicInteger requests, String answer) throws IOException {
        while (true) {
            peer.readMessage();
            requests.incrementAndGet();
            peer.write(answer);
        }
    }

    private void refuse(String statusAndHeaders) {
        bad.always(peer -> serve(peer, badRequests, "HTTP/1.1 " + statusAndHeaders.replace("\\n", "\r\n")
                + "\r\nContent-Length: 2\r\n\r\n{}"));
    }

    private void ask(int times) throws IOException {
        try (RawPeer client = connect()) {
            for (int i = 0; i < times; i++) {
                RawPeer.Message answer = client.write(post(BODY)).readMessage();
                assertTrue(answer.head().startsWith("HTTP/1.1 200 "), answer.head());
                assertEquals(CREATED + COMPLETED, answer.text());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ROUND_ROBIN, 429 Too Many Requests",
        "ROUND_ROBIN, 429 Too Many Requests\\nRetry-After: 3",
        "ROUND_ROBIN, 429 Too Many Requests\\nRetry-After-Ms: 60000",
        "ROUND_ROBIN, 429 Too Many Requests\\nx-ratelimit-reset-tokens: 6m0s",
        "ROUND_ROBIN, 401 Unauthorized",
        "ROUND_ROBIN, 402 Payment Required",
        "ROUND_ROBIN, 403 Forbidden",
        "PRIORITY, 429 Too Many Requests",
        "PRIORITY, 401 Unauthorized",
        "PRIORITY, 403 Forbidden",
        "LEAST_INFLIGHT, 429 Too Many Requests",
        "WEIGHTED, 403 Forbidden",
    })
    void shouldAskARefusingEndpointAHandfulOfTimes(Balance balance, String refusal) throws Exception {
        refuse(refusal);
        launch(balance, EndpointConfig.of(bad.url(), "sk-bad"));

        ask(REQUESTS);

        assertTrue(badRequests.get() <= 8, "the refusing endpoint was asked " + badRequests + " times");
    }

    @ParameterizedTest
    @CsvSource({"ROUND_ROBIN, 429 Too Many Requests", "PRIORITY, 429 Too Many Requests",
        "ROUND_ROBIN, 401 Unauthorized", "PRIORITY, 403 Forbidden"})
    void shouldHideARefusingEndpointFromManyCallers(Balance balance, String refusal) throws Exception {
        refuse(refusal);
        launch(balance, EndpointConfig.of(bad.url(), "sk-bad"));
        ExecutorService callers = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                all.add(callers.submit(() -> {
                    ask(REQUESTS / 8);
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get(60, TimeUnit.SECONDS);
            }
        } finally {
            callers.shutdownNow();
        }
        assertTrue(badRequests.get() <= 16, "the refusing endpoint was asked " + badRequests + " times");
    }

    /** The retry budget, one attempt for five exchanges, does not stand before an endpoint that is ready. */
    @Test
    void shouldAskAReadyEndpointHoweverOftenTheOtherRefuses() throws Exception {
        refuse("503 Service Unavailable");
        launch(Balance.ROUND_ROBIN, EndpointConfig.of(bad.url(), "sk-bad"), 1000);

        ask(REQUESTS);

        assertTrue(badRequests.get() >= 20, "asked " + badRequests + " times"); // the budget would end before
    }

    /** After its rest an endpoint is asked once; if it refuses again, it rests twice as long. */
    @Test
    void shouldRestLongerWhileItGoesOn() throws Exception {
        refuse("429 Too Many Requests");
        launch(Balance.PRIORITY, EndpointConfig.of(bad.url(), "sk-bad"));

        int[] restSeconds = {1, 2, 4, 8, 16, 32, 60, 60};
        for (int i = 0; i < restSeconds.length; i++) {
            ask(1);
            assertEquals(i + 1, badRequests.get());
            time.advance(Duration.ofSeconds(restSeconds[i]));
        }
    }

    /** The caller's own credentials are not the endpoint's: without its own, its refusal is the caller's answer. */
    @ParameterizedTest
    @CsvSource({"401 Unauthorized", "403 Forbidden", "402 Payment Required", "400 Bad Request", "404 Not Found"})
    void shouldPassOnARefusalOfTheRequest(String refusal) throws Exception {
        refuse(refusal);
        launch(Balance.PRIORITY, EndpointConfig.of(bad.url(), null));

        try (RawPeer client = connect()) {
            for (int i = 0; i < 3; i++) {
                String head = client.write(post(BODY)).readMessage().head();
                assertTrue(head.startsWith("HTTP/1.1 " + refusal.substring(0, 3)), head);
            }
        }
        assertEquals(3, badRequests.get());
    }

    @Test
    void shouldEndTheRestWhenTheKeyChanges(@TempDir Path folder) throws Exception {
        Path key = Files.writeString(folder.resolve("key"), "sk-old");
        bad.always(peer -> {
            while (true) {
                boolean isNew = peer.readMessage().head().contains("Bearer sk-new\r\n");
                badRequests.incrementAndGet();
                peer.write(isNew ? ANSWER : "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}");
            }
        });
        launch(Balance.PRIORITY, EndpointConfig.of(bad.url(), null).toBuilder().apiKeyFile(key).build());

        ask(3);
        assertEquals(1, badRequests.get());
        assertTrue(describeEndpoints().contains("\"unauthorized\""), describeEndpoints());
        assertEquals(1, gauge("endpoints_unauthorized"));

        Files.delete(key);
        Files.writeString(key, "sk-new");
        relay.core().refreshFiles();
        ask(3);
        assertEquals(4, badRequests.get());
        assertTrue(!describeEndpoints().contains("\"unauthorized\""), describeEndpoints());
        assertEquals(0, gauge("endpoints_unauthorized"));
    }
}
