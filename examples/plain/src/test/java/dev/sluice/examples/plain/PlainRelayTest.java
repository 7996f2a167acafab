// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tools.mock.MockOptions;
import dev.sluice.tools.mock.MockReport;
import dev.sluice.tools.mock.MockUpstream;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PlainRelayTest {
    private static final String KEY = "sk-of-alice";
    private final BlockingQueue<MockReport> reports = new LinkedBlockingQueue<>();

    @Test
    void shouldRelayEveryByte() throws Exception {
        try (MockUpstream upstream = new MockUpstream("127.0.0.1", 0, new MockOptions(), reports::add);
                PlainRelay example = start(upstream)) {
            HttpResponse<InputStream> response = ask(example.port(), KEY);
            assertEquals(200, response.statusCode());
            assertEquals("text/event-stream", response.headers().firstValue("content-type").orElse("").split(";")[0]);
            byte[] body = response.body().readAllBytes();
            MockReport sent = reports.poll(5, TimeUnit.SECONDS);
            assertEquals(sent.bytes(), body.length);
            assertEquals(sent.sha256(), sha256(body));
        }
    }

    @Test
    void shouldRefuseAnUnknownKey() throws Exception {
        try (MockUpstream upstream = new MockUpstream("127.0.0.1", 0, new MockOptions(), reports::add);
                PlainRelay example = start(upstream)) {
            assertEquals(401, ask(example.port(), "sk-of-mallory").statusCode());
        }
    }

    @Test
    void shouldLetAStreamEndBeforeItStops() throws Exception {
        MockOptions slow = new MockOptions().set("events", "20").set("pace_ms", "50");
        try (MockUpstream upstream = new MockUpstream("127.0.0.1", 0, slow, reports::add)) {
            PlainRelay example = start(upstream);
            int port = example.port();
            HttpResponse<InputStream> response = ask(port, KEY);
            CompletableFuture<Void> stop = CompletableFuture.runAsync(example::close);
            byte[] body = response.body().readAllBytes();
            assertEquals(reports.poll(5, TimeUnit.SECONDS).sha256(), sha256(body));
            stop.get(5, TimeUnit.SECONDS);
            assertThrows(ConnectException.class, () -> ask(port, KEY));
        }
        assertTrue(reports.isEmpty());
    }

    private static PlainRelay start(MockUpstream upstream) {
        return new PlainRelay(0, "http://127.0.0.1:" + upstream.port() + "/v1", "sk-upstream", KEY);
    }

    private static HttpResponse<InputStream> ask(int port, String key) throws Exception {
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port
                + "/v1/responses")).header("authorization", "Bearer " + key)
                .header("content-type", "application/json").POST(HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\"gpt-5.2\",\"input\":\"hi\",\"stream\":true}")).build(),
                HttpResponse.BodyHandlers.ofInputStream());
    }

    private static String sha256(byte[] body) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    }
}
