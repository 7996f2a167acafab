// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Relay;
import dev.sluice.engine.ScriptedUpstream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EmbeddedRelayIT {
    private static final String EVENT = "event: response.completed\ndata: {\"type\":\"response.completed\","
            + "\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"status\":\"completed\"}}\n\n";

    @Test
    void shouldServeUntilItIsTold() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream().always(peer -> {
            while (true) {
                assertTrue(peer.readMessage().head().toLowerCase().contains("bearer sk-upstream"));
                peer.write(ScriptedUpstream.eventStreamHead() + ScriptedUpstream.chunk(EVENT) + "0\r\n\r\n");
            }
        });
                Relay relay = EmbeddedRelay.start(0, upstream.url(), "sk-upstream")) {
            for (int i = 0; i < 2; i++) {
                assertEquals(EVENT, ask(relay.port()));
            }
        }
    }

    private static String ask(int port) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL("http://127.0.0.1:" + port + "/v1/responses")
                .openConnection();
        connection.setRequestProperty("authorization", "Bearer sk-of-alice");
        connection.setRequestProperty("content-type", "application/json");
        connection.setDoOutput(true);
        connection.getOutputStream().write("{\"model\":\"gpt-5.2\",\"input\":\"hi\",\"stream\":true}"
                .getBytes(StandardCharsets.UTF_8));
        return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
