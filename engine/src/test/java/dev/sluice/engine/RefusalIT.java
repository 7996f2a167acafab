// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.KeyConfig;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** P12: refusals come early, use the OpenAI error envelope, give the reason and never contain a secret. */
class RefusalIT extends RelayFixture {
    private static final String KEY = "sk-test-0123456789";

    private RawPeer.Message ask(String request) throws Exception {
        try (RawPeer client = connect()) {
            return client.write(request.replace("\\r", "\r").replace("\\n", "\n")).readMessage();
        }
    }

    private static void assertRefused(RawPeer.Message answer, int status, String code) {
        assertTrue(answer.head().startsWith("HTTP/1.1 " + status + ' '), answer.head());
        assertTrue(answer.text().contains("\"code\":\"" + code + '"'), answer.text());
        assertTrue(answer.text().startsWith("{\"error\":{\"message\":\""), answer.text());
        assertTrue(answer.text().contains("\"param\":"), answer.text());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "POST /v1/responses HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 2\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
            + "|400|bad_request",
        "POST /v1/responses HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 2\\r\\nContent-Length: 3\\r\\n\\r\\n{}"
            + "|400|bad_request",
        "POST /v1/responses HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: +2\\r\\n\\r\\n{}|400|bad_request",
        "POST /v1/responses HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 2, 2\\r\\n\\r\\n{}|400|bad_request",
        "POST /v1/responses HTTP/1.1\\r\\nHost: a\\r\\nX: a\\r\\n b\\r\\n\\r\\n|400|bad_request",
        "POST /v1/responses HTTP/1.1\\r\\nHost: a\\nX: b\\r\\n\\r\\n|400|bad_request",
        "POST /v1/responses HTTP/1.1\\r\\nHost: a\\r\\nHost: b\\r\\n\\r\\n|400|bad_request",
        "POST /v1/responses HTTP/1.1\\r\\nX: a\\r\\n\\r\\n|400|bad_request",
        "POST  /v1/responses HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n|400|bad_request",
        "POST /v1/responses HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: gzip, chunked\\r\\n\\r\\n"
            + "|501|not_implemented",
        "POST /v1/responses HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: chunked\\r\\nTransfer-Encoding: chunked\\r\\n"
            + "\\r\\n|501|not_implemented",
        "POST /v1/responses HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\n|400|bad_request",
        "POST /v1/responses HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n2\\r\\n{}xx"
            + "|400|bad_request",
        "POST /v1/responses HTTP/1.0\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n|400|bad_request",
        "POST /v1/responses HTTP/1.1\\r\\nHost: a\\r\\nExpect: 200-ok\\r\\n\\r\\n|417|expectation_failed",
        "GET / HTTP/2.0\\r\\nHost: a\\r\\n\\r\\n|505|http_version_not_supported",
        "GET /nothing HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n|404|not_found",
        "PUT /v1/responses HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n|405|method_not_allowed",
        "GET /v1/responses HTTP/1.1\\r\\nHost: a\\r\\nConnection: upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n"
            + "|426|websocket_not_supported"})
    void shouldRefuseByTheHead(String request, int status, String code) throws Exception {
        launch();

        assertRefused(ask(request), status, code);
        assertEquals(0, upstream.connections());
    }

    @Test
    void shouldRefuseOverlongHeads() throws Exception {
        launch();
        assertRefused(ask("GET /" + "a".repeat(9000) + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414, "uri_too_long");
        assertRefused(ask("GET / HTTP/1.1\r\nHost: a\r\nX: " + "a".repeat(40_000) + "\r\n\r\n"), 431,
                "request_head_too_large");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "Content-Type: text/plain|{}|415|unsupported_media_type",
        "Content-Type: application/json; charset=latin1|{}|415|unsupported_media_type",
        "Content-Encoding: br|{}|400|unsupported_content_encoding",
        "X: y|[]|400|invalid_json",
        "X: y|{\"model\":\"gpt-5\",\"model\":\"gpt-6\"}|400|invalid_json",
        "X: y|{\"input\":1}|400|invalid_request_error",
        "X: y|{\"model\":7}|400|invalid_request_error",
        "X: y|{\"model\":\"claude\"}|404|model_not_found"})
    void shouldRefuseByTheBody(String header, String body, int status, String code) throws Exception {
        launch();
        String type = header.startsWith("Content-Type") ? "" : "Content-Type: application/vnd.x+json\r\n";

        RawPeer.Message answer = ask("POST /responses HTTP/1.1\r\nHost: a\r\n" + type + header + "\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body);

        assertRefused(answer, status, code);
        assertFalse(answer.text().contains("gpt-6"), answer.text());
        assertEquals(0, upstream.connections());
    }

    @Test
    void shouldNameWhatIsAllowed() throws Exception {
        launch();
        assertTrue(ask("DELETE /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").head().contains("\r\nallow: GET\r\n"));
        assertTrue(ask("GET /v1/responses HTTP/1.1\r\nHost: a\r\n\r\n").head().contains("\r\nallow: POST\r\n"));
    }

    @Test
    void shouldLetOnlyKnownKeysIn() throws Exception {
        launch(route -> route, builder -> builder.key(KeyConfig.ofSecret("alice", KEY))
                .key(KeyConfig.ofSecret("bob", KEY + "b").withModels("gpt-4*")));
        String missing = post(BODY);
        String unknown = post("Authorization: Bearer sk-wrong\r\nContent-Length: " + BODY.length() + "\r\n", BODY);
        String basic = post("Authorization: Basic " + KEY + "\r\nContent-Length: " + BODY.length() + "\r\n", BODY);
        String bob = post("Authorization: bearer " + KEY + "b\r\nContent-Length: " + BODY.length() + "\r\n", BODY);

        for (String request : List.of(missing, unknown, basic)) {
            RawPeer.Message answer = ask(request);
            assertRefused(answer, 401, "invalid_api_key");
            assertFalse(answer.text().contains("sk-"), answer.text());
            assertTrue(answer.head().contains("\r\nwww-authenticate: Bearer\r\n"), answer.head());
        }
        assertRefused(ask(bob), 403, "model_not_allowed");
        assertTrue(ask("GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + KEY + "\r\n\r\n").head()
                .startsWith("HTTP/1.1 200 "));
    }

    /** A downstream that writes its whole upload before it reads receives the refusal and not a reset. */
    @Test
    void shouldLetALargeUploadSeeItsRefusal() throws Exception {
        launch(route -> route, builder -> builder.key(KeyConfig.ofSecret("alice", KEY)));
        byte[] body = new byte[600_000];

        try (RawPeer client = connect()) {
            client.write(post("Authorization: Bearer wrong\r\nContent-Length: " + body.length + "\r\n", ""));
            for (int sent = 0; sent < body.length; sent += 50_000) {
                client.write(Arrays.copyOfRange(body, sent, sent + 50_000));
                time.settle(); // the relay meanwhile reads the refused body
            }

            assertRefused(client.readMessage(), 401, "invalid_api_key");
        }
    }

    /** The answer to HEAD has no body, because a body would be taken for the next response. */
    @Test
    void shouldSendNoBodyInAnswerToHead() throws Exception {
        launch();
        try (RawPeer client = connect()) {
            String head = client.write("HEAD /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").readHead();
            assertTrue(head.startsWith("HTTP/1.1 405 "), head);
            RawPeer.Message next = client.write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").readMessage();
            assertTrue(next.head().startsWith("HTTP/1.1 200 "), next.head());
        }
    }

    @Test
    void shouldKeepTheConnectionAfterARefusalOfAWholeRequest() throws Exception {
        launch();
        try (RawPeer client = connect()) {
            for (int i = 0; i < 3; i++) {
                assertRefused(client.write(post("{\"model\":\"x\"}")).readMessage(), 404, "model_not_found");
            }
        }
    }
}
