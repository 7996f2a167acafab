// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.protocol.JsonSuite;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** JSONTestSuite over sockets: y_ cases are relayed unchanged, n_ cases get 400 and never reach the upstream. */
class JsonSuiteIT extends RelayFixture {
    @Test
    void shouldRelayWhatIsJsonAndRefuseWhatIsNot() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        launch();
        upstream.always(peer -> {
            while (true) {
                byte[] body = peer.readMessage().body();
                requests.incrementAndGet();
                peer.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + body.length
                        + "\r\n\r\n").write(body);
            }
        });
        int relayed = 0;

        for (JsonSuite.Case text : JsonSuite.all()) {
            RawPeer.Message asField = send(text.asField());
            if (text.isJson()) {
                relayed++;
                assertArrayEquals(text.asField(), asField.body(), text.name());
            } else {
                assertTrue(asField.head().startsWith("HTTP/1.1 400 "), text.name() + ' ' + asField.head());
                assertTrue(asField.text().contains("\"code\":\"invalid_json\""), text.name());
            }
            assertTrue(send(text.text()).head().startsWith("HTTP/1.1 400 "), text.name());
        }

        assertEquals(relayed, requests.get());
        assertTrue(relayed > 90, "relayed " + relayed);
    }

    private RawPeer.Message send(byte[] body) throws Exception {
        try (RawPeer client = connect()) {
            return client.write(post("Content-Length: " + body.length + "\r\n", "")).write(body).readMessage();
        }
    }
}
