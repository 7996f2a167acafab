// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A mock upstream together with a client, for the tests of programs that embed a relay: the relay between them must
 * pass on every byte.
 *
 * <p><b>Threading:</b> one thread at a time.
 */
public final class RelayProbe implements AutoCloseable {
    private static final String REQUEST = "{\"model\":\"gpt-5.2\",\"input\":\"hi\",\"stream\":true}";
    private static final int MAX_REPORT_SECONDS = 5;

    private final BlockingQueue<MockReport> reports = new LinkedBlockingQueue<>();
    private final MockUpstream upstream;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Starts a mock upstream on loopback, with the default options. */
    public RelayProbe() {
        this(new MockOptions());
    }

    /**
     * Starts a mock upstream on loopback.
     *
     * @param options the options of its answers
     */
    public RelayProbe(MockOptions options) {
        upstream = new MockUpstream("127.0.0.1", 0, options, reports::add);
    }

    /** {@return the base URL of the mock upstream, for the relay's endpoint} */
    public String url() {
        return "http://127.0.0.1:" + upstream.port() + "/v1";
    }

    /**
     * Requests a stream of the model {@code gpt-5.2} from a relay, and compares it with what the mock has sent.
     *
     * @param port port of the relay on loopback
     * @param key  the caller's key
     * @throws IOException           if the relay cannot be reached, or the stream breaks
     * @throws InterruptedException  if the thread is interrupted
     * @throws IllegalStateException if the status is not 200, or a byte differs
     */
    public void requireEveryByte(int port, String key) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = ask(port, key);
        if (response.statusCode() != 200) {
            throw new IllegalStateException("status: " + response.statusCode() + " (expected: 200)");
        }
        MockReport sent = reports.poll(MAX_REPORT_SECONDS, TimeUnit.SECONDS);
        String received = sha256(response.body());
        if (sent == null || !sent.sha256().equals(received)) {
            throw new IllegalStateException("body: " + response.body().length + " bytes with SHA-256 " + received
                    + " (expected: " + (sent == null ? "a request to the mock" : sent.bytes() + " bytes with SHA-256 "
                    + sent.sha256()) + ')');
        }
    }

    /**
     * Requests a stream of the model {@code gpt-5.2}.
     *
     * @param port port of the relay on loopback
     * @param key  the caller's key
     * @return the response, with its whole body
     * @throws IOException          if the relay cannot be reached, or the stream breaks
     * @throws InterruptedException if the thread is interrupted
     */
    public HttpResponse<byte[]> ask(int port, String key) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/responses"))
                .header("authorization", "Bearer " + key).header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(REQUEST)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    /**
     * Sends a GET request.
     *
     * @param port port on loopback
     * @param path the path
     * @return the response, with its body as text
     * @throws IOException          if there is no answer
     * @throws InterruptedException if the thread is interrupted
     */
    public HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String sha256(byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: part of every Java platform)", e);
        }
    }

    /** Stops the mock upstream. */
    @Override
    public void close() {
        upstream.close();
    }
}
