// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.GroupConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TransportConfig;
import dev.sluice.engine.config.UsageLimits;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The limits on concurrent exchanges and the limits of each caller. */
class LimitsIT extends RelayFixture {
    private static final String ANSWER = eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n";
    private final Semaphore mayAnswer = new Semaphore(0);
    private final Semaphore arrived = new Semaphore(0);

    private void serveOnDemand() {
        upstream.always(peer -> {
            try {
                while (true) {
                    peer.readMessage();
                    arrived.release();
                    mayAnswer.acquire();
                    peer.write(ANSWER);
                }
            } catch (SocketException cancelled) {
                // its downstream has left
            }
        });
    }

    private RawPeer ask(String key) throws IOException {
        String header = key == null ? "" : "Authorization: Bearer " + key + "\r\n";
        return connect().write(post(header + "Content-Length: " + BODY.length() + "\r\n", BODY));
    }

    private static void expect(int status, RawPeer client) throws IOException {
        RawPeer.Message answer = client.readMessage();
        assertTrue(answer.head().startsWith("HTTP/1.1 " + status + ' '), answer.head() + answer.text());
        client.close();
    }

    private void awaitQueued(long count) throws Exception {
        Await.until(count + " exchanges wait", () -> gauge("exchanges_queued") == count);
    }

    /**
     * An exchange over the limit of the relay or the cluster waits, in a queue of bounded length and for a bounded
     * time.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldWaitForAPlace(boolean isClusterFull) throws Exception {
        serveOnDemand();
        LimitConfig limits = LimitConfig.DEFAULT.withQueue(1, Duration.ofSeconds(100));
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null))
                        .withMaxInFlight(isClusterFull ? 1 : 0))
                .route(RouteConfig.of("gpt-*", "up")).limits(isClusterFull ? limits : limits.withMaxExchanges(1))
                .transport(new TransportConfig(transport, 2, false)).build(), extensions());

        RawPeer inside = ask(null);
        assertTrue(arrived.tryAcquire(20, TimeUnit.SECONDS));
        RawPeer waits = ask(null);
        awaitQueued(1);
        expect(429, ask(null));
        mayAnswer.release();
        expect(200, inside);
        assertTrue(arrived.tryAcquire(20, TimeUnit.SECONDS));

        RawPeer late = ask(null);
        awaitQueued(1);
        time.advance(Duration.ofSeconds(101));
        expect(429, late);
        awaitQueued(0); // the answer may arrive before the queue entry is removed
        RawPeer leaves = ask(null);
        awaitQueued(1);
        leaves.close();
        awaitQueued(0);
        mayAnswer.release();
        expect(200, waits);
        assertEquals(0, arrived.availablePermits());
    }

    @Test
    void shouldCountRequestsAndTokensOfAKey() throws Exception {
        serveOnDemand();
        mayAnswer.release(100);
        launch(route -> route, builder -> builder
                .key(KeyConfig.ofSecret("alice", "sk-a").withLimits(new UsageLimits(0, 3, 0)))
                .key(KeyConfig.ofSecret("bob", "sk-b").withLimits(new UsageLimits(0, 0, 10)))
                .key(KeyConfig.ofSecret("carol", "sk-c")));

        for (int i = 0; i < 3; i++) {
            expect(200, ask("sk-a"));
        }
        try (RawPeer client = ask("sk-a")) {
            RawPeer.Message refusal = client.readMessage();
            assertTrue(refusal.head().startsWith("HTTP/1.1 429 "), refusal.head());
            assertTrue(refusal.head().matches("(?s).*\r\nretry-after: (1\\d|20)\r\n.*"), refusal.head());
            assertTrue(refusal.text().contains("rate_limit_exceeded"), refusal.text());
        }
        time.advance(Duration.ofSeconds(20));
        expect(200, ask("sk-a"));

        expect(200, ask("sk-b")); // 8 tokens each
        expect(200, ask("sk-b"));
        expect(429, ask("sk-b"));
        for (int i = 0; i < 5; i++) {
            expect(200, ask("sk-c"));
        }
    }

    /** A refusal always tells what is left; an accepted response does so if that is configured. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldTellWhatIsLeft(boolean isConfigured) throws Exception {
        serveOnDemand();
        mayAnswer.release(100);
        launch(route -> route, builder -> builder.limits(LimitConfig.DEFAULT.toBuilder().rateLimitHeaders(isConfigured)
                .build()).key(KeyConfig.ofSecret("alice", "sk-a").withLimits(new UsageLimits(0, 1, 6000))));
        try (RawPeer client = ask("sk-a")) {
            String head = client.readMessage().head().toLowerCase(Locale.ROOT);
            assertTrue(head.startsWith("http/1.1 200 "), head);
            assertEquals(isConfigured, head.contains("\r\nx-ratelimit-limit-requests: 1\r\n"), head);
            assertEquals(isConfigured, head.contains("\r\nx-ratelimit-remaining-requests: 0\r\n"), head);
            assertEquals(isConfigured, head.contains("\r\nx-ratelimit-limit-tokens: 6000\r\n"), head);
            assertEquals(isConfigured, head.matches("(?s).*\r\nx-ratelimit-remaining-tokens: 59\\d\\d\r\n.*"), head);
        }
        try (RawPeer client = ask("sk-a")) {
            RawPeer.Message refusal = client.readMessage();
            String head = refusal.head().toLowerCase(Locale.ROOT);
            assertTrue(head.startsWith("http/1.1 429 "), head);
            assertTrue(head.contains("\r\nx-ratelimit-limit-requests: 1\r\n"), head);
            assertTrue(head.contains("\r\nx-ratelimit-remaining-requests: 0\r\n"), head);
            assertTrue(head.matches("(?s).*\r\nx-ratelimit-reset-requests: (1m0|5\\d(\\.\\d+)?)s\r\n.*"), head);
            assertTrue(refusal.text().contains("This API key may make 1 requests a minute"), refusal.text());
        }
    }

    /** Limits of a group hold for all of its keys together, and those of a route for all callers. */
    @Test
    void shouldCountForGroupsAndRoutes() throws Exception {
        serveOnDemand();
        mayAnswer.release(100);
        launch(route -> route.toBuilder().limits(new UsageLimits(0, 3, 0)).build(), builder -> builder
                .group(new GroupConfig("team", new UsageLimits(0, 2, 0)))
                .key(KeyConfig.ofSecret("alice", "sk-a").withGroup("team"))
                .key(KeyConfig.ofSecret("bob", "sk-b").withGroup("team")).key(KeyConfig.ofSecret("carol", "sk-c")));

        expect(200, ask("sk-a"));
        expect(200, ask("sk-b"));
        for (String key : List.of("sk-a", "sk-b")) {
            try (RawPeer client = ask(key)) {
                assertTrue(client.readMessage().text().contains("The group team may make 2 requests a minute"));
            }
        }
        expect(200, ask("sk-c"));
        try (RawPeer client = ask("sk-c")) {
            assertTrue(client.readMessage().text().contains("The route gpt-* may make 3 requests a minute"));
        }
    }

    @Test
    void shouldCountWhatAKeyHasInFlight() throws Exception {
        serveOnDemand();
        launch(route -> route, builder -> builder
                .key(KeyConfig.ofSecret("alice", "sk-a").withLimits(new UsageLimits(1, 0, 0)))
                .key(KeyConfig.ofSecret("bob", "sk-b")));

        RawPeer inside = ask("sk-a");
        assertTrue(arrived.tryAcquire(20, TimeUnit.SECONDS));
        expect(429, ask("sk-a"));
        RawPeer other = ask("sk-b");
        mayAnswer.release(2);
        expect(200, other);
        expect(200, inside);
        RawPeer left = ask("sk-a");
        assertTrue(arrived.tryAcquire(2, 20, TimeUnit.SECONDS));
        left.close(); // releases its permit too
        mayAnswer.release(10);
        Await.until("a downstream that left has lost its place", () -> {
            try (RawPeer again = ask("sk-a")) {
                return again.readMessage().head().startsWith("HTTP/1.1 200 ");
            }
        });
    }
}
