// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A client that sends streaming requests with the JDK's HTTP client. It prints the text as it arrives and hashes every
 * byte of the body.
 */
final class DemoClient {
    private static final String DELTA = "response.output_text.delta";
    private static final String DATA = "data: ";

    private final PrintWriter out;
    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private long events;
    private long bytes;
    private long firstEventNanos;

    DemoClient(PrintWriter out) {
        this.out = out;
    }

    /**
     * The measurements of one response.
     *
     * @param events          number of events with data
     * @param bytes           size of the body in bytes
     * @param sha256          hash of the body, in hexadecimal
     * @param firstEventNanos time from sending the request to the first event
     */
    record Result(long events, long bytes, String sha256, long firstEventNanos) {
    }

    static String body(String model) {
        return "{\"model\":\"" + model + "\",\"input\":\"Say something.\",\"stream\":true}";
    }

    Result run(int port, String model) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/responses"))
                .version(HttpClient.Version.HTTP_1_1).header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body(model))).build();
        long sentNanos = System.nanoTime();
        HttpResponse<InputStream> response = http.send(request,
                HttpResponse.BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            throw new IOException("relay: status " + response.statusCode() + " (expected: 200)");
        }
        events = 0;
        bytes = 0;
        MessageDigest hash = sha256();
        try (InputStream body = new DigestInputStream(response.body(), hash)) {
            read(body, sentNanos);
        }
        return new Result(events, bytes, HexFormat.of().formatHex(hash.digest()), firstEventNanos);
    }

    /**
     * Sends the request as a message on a WebSocket. The framing of the events is added again, so that the hash is that
     * of the stream.
     */
    Result runOnSocket(int port, String model) throws IOException, InterruptedException {
        MessageDigest hash = sha256();
        events = 0;
        bytes = 0;
        long sentNanos = System.nanoTime();
        CompletableFuture<Void> end = new CompletableFuture<>();
        WebSocket socket = http.newWebSocketBuilder().buildAsync(URI.create("ws://127.0.0.1:" + port + "/v1/responses"),
                new WebSocket.Listener() {
                    private final StringBuilder message = new StringBuilder();

                    @Override
                    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
                        message.append(part);
                        if (isLast) {
                            String data = message.toString();
                            message.setLength(0);
                            onMessage(data, hash, sentNanos, end);
                        }
                        from.request(1);
                        return null;
                    }

                    @Override
                    public void onError(WebSocket from, Throwable error) {
                        end.completeExceptionally(error);
                    }
                }).join();
        socket.sendText("{\"type\":\"response.create\"," + body(model).substring(1), true);
        try {
            end.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("websocket: no end of the response", e);
        }
        socket.abort();
        return new Result(events, bytes, HexFormat.of().formatHex(hash.digest()), firstEventNanos);
    }

    private void onMessage(String data, MessageDigest hash, long sentNanos, CompletableFuture<Void> end) {
        try {
            String type = json.readTree(data).path("type").asText();
            byte[] event = ("event: " + type + "\n" + DATA + data + "\n\n").getBytes(StandardCharsets.UTF_8);
            hash.update(event);
            bytes += event.length;
            onLine(DATA + data, sentNanos);
            if (type.equals("response.completed") || type.equals("error")) {
                end.complete(null);
            }
        } catch (IOException e) {
            end.completeExceptionally(e);
        }
    }

    private void read(InputStream body, long sentNanos) throws IOException {
        java.io.ByteArrayOutputStream line = new java.io.ByteArrayOutputStream();
        for (int b = body.read(); b >= 0; b = body.read()) {
            bytes++;
            if (b != '\n') {
                line.write(b);
                continue;
            }
            onLine(line.toString(StandardCharsets.UTF_8), sentNanos);
            line.reset();
        }
    }

    private void onLine(String line, long sentNanos) throws IOException {
        if (!line.startsWith(DATA)) {
            return;
        }
        if (events++ == 0) {
            firstEventNanos = System.nanoTime() - sentNanos;
        }
        JsonNode event = json.readTree(line.substring(DATA.length()));
        if (event.path("type").asText().equals(DELTA)) {
            out.print(event.path("delta").asText());
            out.flush();
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: part of every Java platform)", e);
        }
    }
}
