// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HealthConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TransportConfig;
import dev.sluice.engine.spi.AffinityStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** P8: a follow-up reaches the endpoint that owns it. Each endpoint puts its number into the ids that it issues. */
class AffinityIT extends RelayFixture {
    private static final int ENDPOINTS = 3;

    private final List<ScriptedUpstream> all = new ArrayList<>();
    private final AtomicInteger answers = new AtomicInteger();

    @BeforeEach
    void open() {
        for (int i = 0; i < ENDPOINTS; i++) {
            int number = i;
            ScriptedUpstream endpoint = i == 0 ? upstream : new ScriptedUpstream();
            all.add(endpoint);
            endpoint.always(peer -> serve(peer, number));
        }
    }

    @AfterEach
    void closeOthers() {
        all.forEach(ScriptedUpstream::close);
    }

    private void serve(RawPeer peer, int number) throws IOException {
        while (true) {
            String head = peer.readMessage().head();
            int answer = answers.incrementAndGet();
            if (head.startsWith("GET ") || head.contains("/conversations HTTP")) {
                String id = (head.contains("/conversations") ? "conv_" : "resp_") + number + '_' + answer;
                String json = "{\"id\":\"" + id + "\"}";
                peer.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + json.length()
                        + "\r\n\r\n" + json);
            } else {
                String head200 = eventStreamHead().replace("\r\n\r\n", "\r\nx-codex-turn-state: turn-" + number + '-'
                        + answer + "\r\n\r\n");
                String id = "resp_" + number + '_' + answer;
                peer.write(head200 + chunk(CREATED.replace("resp_1", id)) + chunk(COMPLETED.replace("resp_1", id))
                        + "0\r\n\r\n");
            }
        }
    }

    private void launch(Balance balance, AffinityStore store) {
        EndpointConfig[] endpoints = all.stream().map(each -> EndpointConfig.of(each.url(), null))
                .toArray(EndpointConfig[]::new);
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", endpoints).withBalance(balance, new HealthConfig(1,
                        Duration.ofSeconds(60), Duration.ofSeconds(60), 0)))
                .route(RouteConfig.of("gpt-*", "up"))
                .transport(new TransportConfig(transport, 1, false)).build(),
                store == null ? extensions() : extensionsBuilder().affinityStore(store).build());
    }

    private RawPeer.Message ask(String headers, String fields) throws IOException {
        String body = "{" + fields + (fields.isEmpty() ? "" : ",") + "\"model\":\"gpt-5\",\"stream\":true}";
        return send("POST /v1/responses", headers, body);
    }

    private RawPeer.Message send(String start, String headers, String body) throws IOException {
        try (RawPeer client = connect()) {
            return client.write(start + " HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\n" + headers
                    + "Content-Length: " + body.length() + "\r\n\r\n" + body).readMessage();
        }
    }

    /** Returns the number of the endpoint that answered. */
    private static int owner(RawPeer.Message answer) {
        return Integer.parseInt(id(answer).split("_")[1]);
    }

    private static String id(RawPeer.Message answer) {
        assertTrue(answer.head().startsWith("HTTP/1.1 200 "), answer.head() + answer.text());
        return answer.text().replaceFirst("(?s).*?\"id\":\"([^\"]*)\".*", "$1");
    }

    private static String turnState(RawPeer.Message answer) {
        return answer.head().replaceFirst("(?s).*x-codex-turn-state: (\\S+).*", "$1");
    }

    @ParameterizedTest
    @EnumSource(value = Balance.class, names = {"LEAST_INFLIGHT", "ROUND_ROBIN", "WEIGHTED", "RENDEZVOUS"})
    void shouldGoOnWhereTheResponseIs(Balance balance) throws Exception {
        launch(balance, null);
        Set<Integer> owners = new HashSet<>();

        for (int i = 0; i < 12; i++) {
            RawPeer.Message first = ask("", "");
            owners.add(owner(first));
            String id = id(first);
            for (int turn = 0; turn < 4; turn++) {
                RawPeer.Message next = ask("", "\"previous_response_id\":\"" + id + "\"");
                assertEquals(owner(first), owner(next));
                id = id(next);
            }
        }

        assertTrue(owners.size() > 1, "all at " + owners);
    }

    /** The field that names the owner may follow a large input, which the relay could already have forwarded. */
    @ParameterizedTest
    @ValueSource(strings = {"previous_response_id", "prompt_cache_key", "conversation"})
    void shouldFindTheOwnerBehindALargeInput(String field) throws Exception {
        launch(Balance.ROUND_ROBIN, null);
        String input = "\"input\":\"" + "x".repeat(300_000) + "\"";
        RawPeer.Message first = ask("", field.equals("previous_response_id") ? "" : '"' + field + "\":\"k\"");
        String value = field.equals("previous_response_id") ? id(first) : "k";

        for (int i = 0; i < 6; i++) {
            assertEquals(owner(first), owner(ask("", input + ",\"" + field + "\":\"" + value + "\"")));
        }
    }

    @Test
    void shouldStayInItsTurn() throws Exception {
        launch(Balance.ROUND_ROBIN, null);

        for (int i = 0; i < 6; i++) {
            RawPeer.Message first = ask("", "");
            for (int next = 0; next < 3; next++) {
                assertEquals(owner(first), owner(ask("x-codex-turn-state: " + turnState(first) + "\r\n", "")));
                assertEquals(owner(first), owner(ask("x-codex-turn-state: of-the-connection\r\n",
                        "\"client_metadata\":{\"x\":1,\"x-codex-turn-state\":\"" + turnState(first) + "\"}")));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"session_id", "session-id", "conversation_id", "thread-id"})
    void shouldKeepASessionInOnePlaceHoweverItIsSpelled(String header) throws Exception {
        launch(Balance.ROUND_ROBIN, null);
        int owner = owner(ask(header + ": s1\r\n", ""));
        String other = header.contains("_") ? header.replace('_', '-') : header.replace('-', '_');

        for (int i = 0; i < 4; i++) {
            assertEquals(owner, owner(ask(header + ": s1\r\n", "")));
            assertEquals(owner, owner(ask(other + ": s1\r\n", "")));
        }
    }

    /** Sessions are spread over the endpoints, and each stays on its endpoint. */
    @ParameterizedTest
    @EnumSource(value = Balance.class, names = {"LEAST_INFLIGHT", "RENDEZVOUS"})
    void shouldNotPileUp(Balance balance) throws Exception {
        launch(balance, null);
        int[] sessions = new int[ENDPOINTS];

        for (int i = 0; i < 60; i++) {
            String key = "\"prompt_cache_key\":\"session-" + i + '"';
            int owner = owner(ask("", key));
            sessions[owner]++;
            assertEquals(owner, owner(ask("", key)));
        }

        for (int count : sessions) {
            assertTrue(count >= 8, "sessions at each: " + List.of(sessions[0], sessions[1], sessions[2]));
        }
    }

    @Test
    void shouldSayThatTheOnlyOwnerFailsAndTakeAnotherWhereOneWillDo() throws Exception {
        launch(Balance.ROUND_ROBIN, null);
        RawPeer.Message first = ask("", "\"prompt_cache_key\":\"k\"");
        String follow = "\"previous_response_id\":\"" + id(first) + "\"";
        all.get(owner(first)).close();

        int now = owner(ask("", "\"prompt_cache_key\":\"k\""));
        assertNotEquals(owner(first), now);
        for (int i = 0; i < 4; i++) {
            assertEquals(now, owner(ask("", "\"prompt_cache_key\":\"k\""))); // the cache is on that endpoint now
        }
        RawPeer.Message refusal = ask("", follow);
        assertTrue(refusal.head().startsWith("HTTP/1.1 503 "), refusal.head());
        assertTrue(refusal.head().contains("retry-after: 5"), refusal.head());
        assertTrue(refusal.text().contains("\"param\":\"previous_response_id\"")
                && refusal.text().contains("owner_unavailable"), refusal.text());
    }

    @Test
    void shouldSayThatTheOnlyOwnerIsGone() throws Exception {
        launch(Balance.ROUND_ROBIN, new AffinityStore() {
            @Override
            public void find(List<String> keys, Answer answer) {
                answer.found(List.of("up|http://127.0.0.1:1/v1"));
            }

            @Override
            public void put(String key, String endpoint, Duration ttl) {
                throw new AssertionError("nothing is accepted here");
            }
        });

        RawPeer.Message refusal = ask("", "\"previous_response_id\":\"resp_x\"");
        assertTrue(refusal.head().startsWith("HTTP/1.1 404 "), refusal.head());
        assertTrue(refusal.text().contains("previous_response_not_found"), refusal.text());
    }

    /** One store answers late, on a thread of its own; the other never answers. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldWaitForAStoreButNotLong(boolean isAnswering) throws Exception {
        String owner = "up|" + all.get(2).url();
        launch(Balance.ROUND_ROBIN, new AffinityStore() {
            @Override
            public void find(List<String> keys, Answer answer) {
                new Thread(() -> {
                    if (isAnswering) {
                        time.settle();
                        answer.found(List.of(owner));
                    } else {
                        time.advance(Duration.ofMillis(1100));
                    }
                }, "store").start();
            }

            @Override
            public void put(String key, String endpoint, Duration ttl) {
                // nothing to store
            }
        });

        for (int i = 0; i < 3; i++) {
            RawPeer.Message answer = ask("session_id: s\r\n", "");
            assertTrue(!isAnswering || owner(answer) == 2, answer.text());
        }
    }

    /** Requests for a stored object reach the endpoint that created it, also with several clusters. */
    @Test
    void shouldFindStoredObjects() throws Exception {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("a", EndpointConfig.of(all.get(0).url(), null)))
                .cluster(ClusterConfig.of("b", EndpointConfig.of(all.get(1).url(), null),
                        EndpointConfig.of(all.get(2).url(), null)))
                .route(RouteConfig.of("gpt-4", "a")).route(RouteConfig.of("gpt-5", "b")).defaultCluster("b")
                .build(), extensions());
        for (int i = 0; i < 6; i++) {
            RawPeer.Message made = ask("", "");
            assertEquals(owner(made), owner(send("GET /v1/responses/" + id(made), "", "")));
            assertEquals(owner(made), owner(send("GET /v1/responses/" + id(made) + "/input_items", "", "")));
            RawPeer.Message conversation = send("POST /v1/conversations", "", "{}");
            assertEquals(owner(conversation), owner(send("GET /v1/conversations/" + id(conversation), "", "")));
            assertEquals(owner(conversation), owner(ask("", "\"conversation\":{\"id\":\"" + id(conversation) + "\"}")));
        }
        String four = "{\"model\":\"gpt-4\",\"stream\":true}";
        RawPeer.Message first = send("POST /v1/responses", "", four);
        assertEquals(0, owner(first));
        assertEquals(0, owner(send("GET /v1/responses/" + id(first), "", "")));
    }
}
