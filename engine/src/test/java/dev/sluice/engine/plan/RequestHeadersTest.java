// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.api.Test;

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

        HttpHeaders sent = RequestHeaders.forwarded(received, "id-1", false);

        for (String name : blocked) {
            assertFalse(sent.contains(name), name);
        }
        assertEquals("s", sent.get("session_id"));
        assertEquals("text/event-stream", sent.get("accept"));
        assertEquals("identity", sent.get("accept-encoding"));
        assertEquals("id-1", sent.get("x-request-id"));
    }

    @Test
    void shouldKeepARequestId() {
        DefaultHttpHeaders received = new DefaultHttpHeaders();
        received.set("Request-Id", "r");

        HttpHeaders sent = RequestHeaders.forwarded(received, "id-1", false);

        assertFalse(sent.contains("x-request-id"));
        assertTrue(sent.contains("request-id"));
    }
}
