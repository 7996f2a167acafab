// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Relay;
import dev.sluice.engine.ScriptedUpstream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + relay.port() + "/v1/responses"))
                    .header("authorization", "Bearer sk-of-alice").header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "{\"model\":\"gpt-5.2\",\"input\":\"hi\",\"stream\":true}")).build();
            HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            for (int i = 0; i < 2; i++) {
                assertEquals(EVENT, client.send(request, HttpResponse.BodyHandlers.ofString()).body());
            }
        }
    }
}
