// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.HeaderPolicy;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** P16: what identifies or authorizes the caller stays here; what a client invents passes. */
class RequestHeadersTest {
    @Test
    void shouldKeepBackWhatNamesTheCallerAndWhatIsHopByHop() {
        DefaultHttpHeaders received = new DefaultHttpHeaders();
        String[] blocked = {"Authorization", "Cookie", "Host", "X-Forwarded-For", "X-Forwarded-Proto", "CF-Ray",
            "Forwarded", "X-Real-IP", "True-Client-IP", "ChatGPT-Account-ID", "Content-Length", "Expect", "TE",
            "Upgrade", "Connection", "X-Hop"};
        for (String name : blocked) {
            received.set(name, "v");
        }
        received.set("Connection", "keep-alive, X-Hop");
        received.set("session_id", "s");
        received.set("Accept", "text/event-stream");
        received.set("Accept-Encoding", "gzip");

        HttpHeaders sent = RequestHeaders.forwarded(received, "id-1", false, "1.1 sluice");

        for (String name : blocked) {
            assertFalse(sent.contains(name), name);
        }
        assertEquals("s", sent.get("session_id"));
        assertEquals("text/event-stream", sent.get("accept"));
        assertEquals("identity", sent.get("accept-encoding"));
        assertEquals("id-1", sent.get("x-request-id"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1.1 sluice                         | true
            1.1 SLUICE                         | true
            1.0 fred, 1.1 sluice (a comment)   | true
            HTTP/1.1   sluice                  | true
            2 sluice                           | true
            1.1 sluice:8080                    | false
            1.1 sluice-2                       | false
            1.1 other (sluice)                 | false
            sluice                             | false
            ''                                 | false
            """)
    void shouldKnowARequestThatComesBack(String via, boolean hasPassed) {
        assertEquals(hasPassed, RequestHeaders.hasPassed(new DefaultHttpHeaders().add("Via", "1.1 a").add("via", via),
                "sluice"));
    }

    @Test
    void shouldContinueVia() {
        DefaultHttpHeaders received = new DefaultHttpHeaders();
        received.set("Via", "1.0 fred");

        assertEquals(List.of("1.0 fred", "2 sluice"), RequestHeaders.forwarded(received, "id", false, "2 sluice")
                .getAll("via"));
        assertEquals(List.of("1.0 fred"), RequestHeaders.forwarded(received, "id", false, null).getAll("via"));
    }

    /** The table is what happens: each of its rows, in either spelling. */
    @Test
    void shouldTreatEveryHeaderAsTheTableSays() {
        for (HeaderPolicy.Row row : HeaderPolicy.rows()) {
            String name = row.name().replace("*", "anything");
            for (String spelled : new String[] {name, name.toUpperCase(Locale.ROOT), name.replace('-', '_')}) {
                HttpHeaders sent = RequestHeaders.forwarded(new DefaultHttpHeaders().add(spelled, "of-the-caller"),
                        "id", false, "1.1 sluice");
                boolean isSent = sent.entries().stream().anyMatch(each -> each.getValue().equals("of-the-caller"));
                assertEquals(row.fate() == HeaderPolicy.Fate.PASSES || name.equals("via"), isSent, spelled);
            }
        }
        assertTrue(RequestHeaders.forwarded(new DefaultHttpHeaders().add("x-own", "v"), "id", false, null)
                .contains("x-own"));
    }

    @Test
    void shouldKeepARequestId() {
        DefaultHttpHeaders received = new DefaultHttpHeaders();
        received.set("Request-Id", "r");

        HttpHeaders sent = RequestHeaders.forwarded(received, "id-1", false, "1.1 sluice");

        assertFalse(sent.contains("x-request-id"));
        assertTrue(sent.contains("request-id"));
    }

    private static HttpHeaders forwarded(String name) {
        return RequestHeaders.forwarded(new DefaultHttpHeaders().add(name, "secret"), "exchange", true, null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"authorization", "Authorization", "proxy-authorization", "Proxy_Authorization", "cookie",
        "Cookie", "x-api-key", "X-API-Key", "x_api_key", "api-key", "API_KEY", "x-goog-api-key", "x_goog_api_key",
        "openai-organization", "OpenAI-Organization", "openai_organization", "OpenAI-Project", "openai_project",
        "x-original-url", "X_Original_URL", "x-rewrite-url", "x-http-method-override", "X_HTTP_Method_Override",
        "x-forwarded-for", "x_forwarded_host", "X-Forwarded-Anything", "forwarded", "http2-settings", "host",
        "chatgpt-account-id", "chatgpt_account_id", "cf-connecting-ip", "cf_connecting_ip", "transfer_encoding",
        "content_length", "content-encoding"})
    void shouldStop(String name) {
        HttpHeaders sent = forwarded(name);

        assertFalse(sent.contains(name), sent.names().toString());
        assertFalse(sent.toString().contains("secret"), sent.names().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"session_id", "conversation_id", "session-id", "thread-id", "openai-beta", "x-request-id",
        "x-codex-turn-state", "idempotency-key", "user-agent", "originator", "traceparent", "accept", "x_future_header",
        "x-stainless-lang", "x-api-keys", "api-key-id", "openai-organizations"})
    void shouldPass(String name) {
        assertEquals("secret", forwarded(name).get(name));
    }

    /** A name of a Connection header is taken as it is written. */
    @Test
    void shouldStopWhatConnectionNamesWithAnUnderscore() {
        HttpHeaders received = new DefaultHttpHeaders().add("Connection", "x_hop").add("x_hop", "1").add("x_end", "2");

        HttpHeaders sent = RequestHeaders.forwarded(received, "exchange", false, null);

        assertFalse(sent.contains("x_hop"));
        assertEquals("2", sent.get("x_end"));
    }
}
