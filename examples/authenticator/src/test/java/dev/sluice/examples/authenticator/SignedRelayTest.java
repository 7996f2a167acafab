// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.authenticator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.engine.Relay;
import dev.sluice.tools.mock.RelayProbe;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SignedRelayTest {
    private static final TokenAuthenticator TOKENS = SignedRelay.authenticator(new byte[] {1, 2, 3});
    private static final String EVENT = "event: response.completed\ndata: {\"type\":\"response.completed\","
            + "\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"status\":\"completed\"}}\n\n";

    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    @Test
    void shouldRelayForASignedCaller() throws Exception {
        try (RelayProbe probe = new RelayProbe(); Relay relay = start(probe.url())) {
            probe.requireEveryByte(relay.port(), TOKENS.sign("blue"));
            String line = lines.poll(5, TimeUnit.SECONDS);
            assertTrue(line.matches("blue: gpt-5\\.2 200 completed, \\d+ events"), line);
        }
    }

    @Test
    void shouldRefuseAForgedTokenAndAnUnknownName() throws Exception {
        try (RelayProbe probe = new RelayProbe(); Relay relay = start(probe.url())) {
            assertEquals(401, probe.ask(relay.port(), TOKENS.sign("blue").replace("blue", "green")).statusCode());
            assertEquals(401, probe.ask(relay.port(), TOKENS.sign("red")).statusCode());
            assertEquals("null: null 401 refused, 0 events", lines.poll(5, TimeUnit.SECONDS));
        }
    }

    @Test
    void shouldNameTheCallerToTheUpstream() throws Exception {
        BlockingQueue<String> callers = new LinkedBlockingQueue<>();
        HttpServer upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        upstream.createContext("/v1/responses", request -> {
            callers.add(request.getRequestHeaders().getFirst("x-caller"));
            request.getRequestBody().readAllBytes();
            request.getResponseHeaders().set("content-type", "text/event-stream");
            request.sendResponseHeaders(200, 0);
            request.getResponseBody().write(EVENT.getBytes(StandardCharsets.UTF_8));
            request.close();
        });
        upstream.start();
        try (RelayProbe client = new RelayProbe();
                Relay relay = start("http://127.0.0.1:" + upstream.getAddress().getPort() + "/v1")) {
            assertEquals(EVENT, new String(client.ask(relay.port(), TOKENS.sign("green")).body(),
                    StandardCharsets.UTF_8));
            assertEquals("green", callers.poll(5, TimeUnit.SECONDS));
        } finally {
            upstream.stop(0);
        }
    }

    private Relay start(String upstream) {
        return SignedRelay.start(0, upstream, "sk-upstream", TOKENS, lines::add);
    }
}
