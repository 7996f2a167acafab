// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RouteConfig;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Details of HTTP that decide who is asked, as what, and on whose behalf. */
class HttpDetailsIT extends RelayFixture {
    private static final String ANSWER = eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n";

    private final BlockingQueue<String> heads = new LinkedBlockingQueue<>();

    private void serve(String answer) {
        upstream.always(peer -> {
            while (true) {
                heads.add(peer.readMessage().head());
                peer.write(answer);
            }
        });
    }

    private RawPeer.Message ask(String text) throws IOException {
        try (RawPeer client = connect()) {
            return client.write(text).readMessage();
        }
    }

    private static String status(RawPeer.Message answer) {
        return answer.head().substring(9, 12);
    }

    private String head() throws InterruptedException {
        return heads.poll(20, TimeUnit.SECONDS).toLowerCase(Locale.ROOT);
    }

    /** RFC 9112 section 3.2.2: the authority of an absolute target takes the place of Host. */
    @Test
    void shouldAcceptTheAbsoluteForm() throws Exception {
        serve(ANSWER);
        launch();

        RawPeer.Message answer = ask(post(BODY).replace("POST /v1", "POST http://relay.example:81/v1"));

        assertEquals("200", status(answer), answer.text());
        assertTrue(head().startsWith("post /v1/responses http/1.1\r\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/responses#f", "/v1/responses?a=<b>", "/v1/%zz", "http://user@relay/v1/responses", "*"})
    void shouldRefuseATargetThatIsNone(String target) throws Exception {
        launch();

        RawPeer.Message answer = ask(post(BODY).replace("/v1/responses", target));

        assertEquals("400", status(answer), answer.text());
        assertTrue(answer.text().contains("request target"), answer.text());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a/b", "user@a", "http://a"})
    void shouldRefuseAHostThatIsNone(String host) throws Exception {
        launch();

        assertEquals("400", status(ask(post(BODY).replace("Host: relay", "Host: " + host))));
    }

    @ParameterizedTest
    @CsvSource({"'Authorization: Bearer a\r\nAuthorization: Bearer a\r\n', 400",
        "'Authorization: Bearer sk-a\r\nauthorization: Basic x\r\n', 400"})
    void shouldRefuseTwoAuthorizations(String headers, String status) throws Exception {
        launch();
        String text = headers.replace("\\r\\n", "\r\n") + "Content-Length: " + BODY.length() + "\r\n";

        assertEquals(status, status(ask(post(text, BODY))));
    }

    /** A key counts in three headers; two different ones are refused, and a key in the query is, with its reason. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Authorization: Bearer sk-a                     |           | 200 |
            X-API-Key: sk-a                                |           | 200 |
            api-key: sk-a                                  |           | 200 |
            api-key: Bearer sk-a                           |           | 200 |
            Authorization: Bearer sk-a;api-key: sk-a       |           | 200 |
            Authorization: Bearer sk-a;api-key: sk-b       |           | 401 | two different keys
            x-api-key: sk-a;api-key: sk-b                  |           | 401 | two different keys
            Authorization: Bearer sk-a;api-key:            |           | 200 |
            Authorization: Bearer ;x-api-key: sk-a         |           | 200 |
            Authorization: Bearer ;api-key:                |           | 401 | missing
            x-api-key: sk-a;x-api-key: sk-b                |           | 401 | two different keys
            Authorization: Basic sk-a;api-key: sk-a        |           | 401 | another scheme
            X-Own: v                                       |           | 401 | missing
            X-Own: v                                       | ?key=sk-a | 401 | query: a key
            Authorization: Bearer sk-a                     | ?a=b&api_key=sk-a   | 401 | query: a key
            Authorization: Bearer sk-a                     | ?API%2DKey=x        | 401 | query: a key
            Authorization: Bearer sk-a                     | ?monkey=1&keys=2    | 200 |
            """)
    void shouldFindTheKey(String headers, String query, String status, String reason) throws Exception {
        serve(ANSWER);
        launch(route -> route, builder -> builder.key(KeyConfig.ofSecret("a", "sk-a"))
                .key(KeyConfig.ofSecret("b", "sk-b")));
        String text = headers.replace(";", "\r\n") + "\r\nContent-Length: " + BODY.length() + "\r\n";

        RawPeer.Message answer = ask(post(text, BODY).replace("/v1/responses", "/v1/responses"
                + (query == null ? "" : query)));

        assertEquals(status, status(answer), answer.text());
        if (reason != null) {
            assertTrue(answer.text().contains(reason), answer.text());
        } else {
            String head = head();
            assertFalse(head.contains("sk-a") || head.contains("api-key"), head);
        }
    }

    @Test
    void shouldContinueViaAndRefuseALoop() throws Exception {
        serve(ANSWER);
        launch();

        ask(post("Via: 1.0 fred\r\nContent-Length: " + BODY.length() + "\r\n", BODY));
        String head = head();
        assertTrue(head.indexOf("\r\nvia: 1.0 fred\r\n") < head.indexOf("\r\nvia: 1.1 sluice\r\n"), head);
        RawPeer.Message loop = ask(post("Via: 1.0 fred, 1.1 sluice\r\nContent-Length: " + BODY.length() + "\r\n",
                BODY));
        assertEquals("508", status(loop));
        assertTrue(loop.text().contains("loop_detected"), loop.text());
    }

    @Test
    void shouldAddNoViaWhereItHasNoPseudonym() throws Exception {
        serve(ANSWER);
        launch(route -> route, builder -> builder.via(""));

        ask(post("Via: 1.1 sluice\r\nContent-Length: " + BODY.length() + "\r\n", BODY));

        String head = head();
        assertEquals(2, head.split("\r\nvia: ", -1).length, head); // the caller's own
    }

    @ParameterizedTest
    @CsvSource({"'', ?api-version=2026-01-01&x=y", "?a=b, ?a=b&api-version=2026-01-01&x=y",
        "?api-version=mine, ?api-version=mine&x=y", "?api%2Dversion=mine&x, ?api%2Dversion=mine&x",
        "?, ?api-version=2026-01-01&x=y"})
    void shouldAddTheQueryOfTheEndpoint(String query, String sent) throws Exception {
        serve(ANSWER);
        launch(route -> route, builder -> builder.cluster(ClusterConfig.of("azure",
                EndpointConfig.of(upstream.url() + "?api-version=2026-01-01&x=y", null)))
                .route(RouteConfig.of("azure-*", "azure")));

        assertEquals("200", status(ask(post(BODY.replace("gpt-5.2", "azure-5"))
                .replace("/v1/responses HTTP", "/v1/responses" + query + " HTTP"))));

        assertTrue(head().startsWith("post /v1/responses" + sent.toLowerCase(Locale.ROOT) + " http/1.1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.2 200 OK", "HTTP/2 200", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1  200 OK",
        "http/1.1 200 OK", "HTTP/1.1 2x0 OK", "HTTP/1.1\t200 OK", "ICY 200 OK", "HTTP/1.1 200\tOK", "HTTP/1.1 -20 OK"})
    void shouldRefuseAnotherStatusLine(String line) throws Exception {
        serve(ANSWER.replace("HTTP/1.1 200 OK", line));
        launch();

        assertEquals("502", status(ask(post(BODY))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 200 Very Well \u00fc"})
    void shouldAcceptAStatusLineWithAnyReason(String line) throws Exception {
        serve(ANSWER.replace("HTTP/1.1 200 OK", line));
        launch();

        assertEquals("200", status(ask(post(BODY))));
    }

    /** Trailers are dropped, but only if they are lines that a head could have. */
    @ParameterizedTest
    @CsvSource({"'X-Check: ok', 200", "'X-Check:', 200", "'no colon', 400", "'X Check: ok', 400", "'X-Chéck: ok', 400",
        "'X-Check : ok', 400"})
    void shouldCheckTrailers(String trailer, String status) throws Exception {
        serve(ANSWER);
        launch();

        assertEquals(status, status(ask(post("Transfer-Encoding: chunked\r\n", chunk(BODY) + "0\r\n" + trailer
                + "\r\n\r\n"))));
    }

    @ParameterizedTest
    @CsvSource({"/v1/v1/responses, /v1/responses", "//v1/responses, /v1/responses", "/v1/responses/, /v1/responses",
        "/v1//responses, /v1/responses", "/v1/v1/models, /v1/models", "/v1/v1/responses/resp_1/, /v1/responses/resp_1"})
    void shouldNameASlip(String path, String meant) throws Exception {
        launch();

        RawPeer.Message answer = ask(post(BODY).replace("/v1/responses", path));

        assertEquals("404", status(answer));
        assertTrue(answer.text().contains("(expected: " + meant + "; check the base URL"), answer.text());
    }
}
