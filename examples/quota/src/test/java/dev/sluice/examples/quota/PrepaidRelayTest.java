// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.quota;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Relay;
import dev.sluice.tools.mock.RelayProbe;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

class PrepaidRelayTest {
    @Test
    void shouldRelayWhileTokensAreLeft() throws Exception {
        Map<String, Long> tokens = new ConcurrentHashMap<>(Map.of("alice", 50L));
        try (RelayProbe probe = new RelayProbe();
                Relay relay = PrepaidRelay.start(0, probe.url(), null, "sk-a", PrepaidRelay.accounts(tokens))) {
            probe.requireEveryByte(relay.port(), "sk-a"); // 32 output tokens and some of input
            long left = tokens.get("alice");
            assertTrue(left > 0 && left <= 18, "left: " + left);
            probe.requireEveryByte(relay.port(), "sk-a");
            assertTrue(tokens.get("alice") < 0, "left: " + tokens);

            HttpResponse<byte[]> refused = probe.ask(relay.port(), "sk-a");

            assertEquals(429, refused.statusCode());
            String body = new String(refused.body(), StandardCharsets.UTF_8);
            assertTrue(body.contains("insufficient_quota") && body.contains("The account of alice has no tokens left"),
                    body);
            assertEquals("3600", refused.headers().firstValue("retry-after").orElseThrow());
        }
    }

    @Test
    void shouldNotWaitForAServiceThatFails() throws Exception {
        PrepaidQuota.Accounts broken = new PrepaidQuota.Accounts() {
            @Override
            public CompletionStage<Boolean> take(String caller, long tokens) {
                return CompletableFuture.failedFuture(new IllegalStateException("down"));
            }

            @Override
            public void giveBack(String caller, long tokens) {
                throw new AssertionError("nothing was taken");
            }
        };
        try (RelayProbe probe = new RelayProbe();
                Relay relay = PrepaidRelay.start(0, probe.url(), null, "sk-a", broken)) {
            assertEquals(503, probe.ask(relay.port(), "sk-a").statusCode());
        }
    }
}
