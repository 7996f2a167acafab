// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.AffinityConfig;
import dev.sluice.engine.config.AffinityConfig.UnknownIds;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.StoreLoss;
import dev.sluice.engine.config.TransportConfig;
import dev.sluice.engine.spi.AffinityStore;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.PlannedRequest;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestQuota;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** P16: one caller's objects never reach another; a store that is stuck has a deadline and an outcome of its own. */
class OwnersIT extends RelayFixture {
    private final AtomicInteger requests = new AtomicInteger();
    private String profile = "openai";

    /** Launches a relay for two callers, in front of an upstream that answers everything. */
    private void launch(int endpoints, UnknownIds unknown, StoreLoss onLoss, Extensions extensions) {
        upstream.always(peer -> {
            while (true) {
                String head = peer.readMessage().head();
                int request = requests.incrementAndGet();
                if (head.startsWith("POST /v1/responses HTTP")) {
                    peer.write(eventStreamHead() + chunk(CREATED.replace("resp_1", "resp_" + request)
                            + COMPLETED.replace("resp_1", "resp_" + request)) + "0\r\n\r\n");
                } else {
                    String json = "{\"id\":\"conv_" + request + "\"}";
                    peer.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + json.length()
                            + "\r\n\r\n" + json);
                }
            }
        });
        EndpointConfig[] all = new EndpointConfig[endpoints];
        for (int i = 0; i < endpoints; i++) {
            all[i] = EndpointConfig.of(upstream.url(), "sk-" + i);
        }
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0).cluster(ClusterConfig.of("up", all))
                .route(RouteConfig.of("gpt-*", "up").withProfile(profile)).key(KeyConfig.ofSecret("alice", "sk-alice"))
                .key(KeyConfig.ofSecret("bob", "sk-bob"))
                .affinity(new AffinityConfig(1000, Duration.ofHours(1), Duration.ofHours(1), unknown, onLoss))
                .limits(LimitConfig.DEFAULT.toBuilder().onQuotaLoss(onLoss).build())
                .transport(new TransportConfig(transport, 1, false)).build(), extensions);
    }

    private RawPeer.Message send(String caller, String start, String body) throws IOException {
        try (RawPeer client = connect()) {
            return client.write(request(caller, start, body)).readMessage();
        }
    }

    private static String request(String caller, String start, String body) {
        return start + " HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer sk-" + caller
                + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static String status(RawPeer.Message answer) {
        return answer.head().substring(9, 12);
    }

    @ParameterizedTest
    @CsvSource({"1, RELAY", "2, RELAY", "1, REFUSE", "3, REFUSE"})
    void shouldKeepObjectsFromOtherCallers(int endpoints, UnknownIds unknown) throws Exception {
        launch(endpoints, unknown, StoreLoss.CONTINUE, extensions());
        send("alice", "POST /v1/responses", BODY);
        send("alice", "POST /v1/conversations", "{}");
        String padded = "\"metadata\":{\"a\":\"" + "x".repeat(100_000) + "\"},";
        int before = requests.get();

        List<String[]> uses = List.of(
                new String[] {"GET /v1/responses/resp_1", ""},
                new String[] {"DELETE /v1/responses/resp_1", ""},
                new String[] {"POST /v1/responses/resp_1/cancel", ""},
                new String[] {"GET /v1/responses/resp_1/input_items", ""},
                new String[] {"GET /v1/conversations/conv_2", ""},
                new String[] {"POST /v1/conversations/conv_2/items", "{\"items\":[]}"},
                new String[] {"POST /v1/responses", BODY.replace("{", "{\"previous_response_id\":\"resp_1\",")},
                new String[] {"POST /v1/responses", BODY.replace("{", "{\"conversation\":\"conv_2\",")},
                new String[] {"POST /v1/responses", BODY.replace("{", "{\"conversation\":{\"id\":\"conv_2\"},")},
                // behind so much that the body is cut through unless an owner may have to be looked up
                new String[] {"POST /v1/responses", BODY.replace("{", "{" + padded)
                        .replace("true}", "true,\"previous_response_id\":\"resp_1\"}")});
        for (String[] use : uses) {
            RawPeer.Message refused = send("bob", use[0], use[1]);
            assertEquals("404", status(refused), use[0] + refused.text());
            assertTrue(refused.text().contains("not known"), refused.text());
        }
        assertEquals(before, requests.get()); // the upstream has seen none of them
        for (String[] use : uses) {
            assertEquals("200", status(send("alice", use[0], use[1])), use[0]);
        }
        assertEquals(unknown == UnknownIds.RELAY ? "200" : "404",
                status(send("bob", "GET /v1/responses/resp_of_nobody", "")));
    }

    /** However an id is written, it is the same id for the upstream, and so it is here. */
    @ParameterizedTest
    @CsvSource({"openai, RELAY", "openai, REFUSE", "codex-lb-lenient, RELAY", "codex-lb-lenient, REFUSE"})
    void shouldKnowAnIdInEverySpelling(String profile, UnknownIds unknown) throws Exception {
        this.profile = profile;
        launch(2, unknown, StoreLoss.CONTINUE, extensions());
        send("alice", "POST /v1/responses", BODY);
        int before = requests.get();

        for (String id : new String[] {"resp_1", " resp_1", "resp_1 ", "\\tresp_1\\n", "\\u00a0resp_1\\u2003",
            "\\u0085resp_1", "\\u0072\\u0065\\u0073\\u0070\\u005f\\u0031"}) {
            String body = BODY.replace("{", "{\"previous_response_id\":\"" + id + "\",");
            RawPeer.Message refused = send("bob", "POST /v1/responses", body);
            assertEquals("404", status(refused), id + refused.text());
        }
        String tooLong = BODY.replace("{", "{\"previous_response_id\":\"" + "x".repeat(513) + "\",");
        RawPeer.Message refused = send("bob", "POST /v1/responses", tooLong);
        assertEquals("404", status(refused), refused.text());
        assertTrue(refused.text().contains("previous_response_id: over 512 characters"), refused.text());
        assertEquals(before, requests.get());
    }

    private RawPeer.Message sendAndWait(String start, String body, Duration limit) throws Exception {
        try (RawPeer client = connect()) {
            client.write(request("alice", start, body));
            awaitInFlight(1);
            time.settle();
            time.advance(limit.plusMillis(300));
            time.settle();
            return client.readMessage();
        }
    }

    @ParameterizedTest
    @CsvSource({"REFUSE, 503", "CONTINUE, 200"})
    void shouldDecideAboutARequestWhoseQuotaDoesNotAnswer(StoreLoss onLoss, String status) throws Exception {
        launch(1, UnknownIds.RELAY, onLoss, extensionsBuilder().requestQuota((caller, answer) -> {
            // never answered, as by a store behind a network that drops packets
        }).build());

        RawPeer.Message answer = sendAndWait("POST /v1/responses", BODY, Duration.ofSeconds(2));

        assertEquals(status, status(answer), answer.text());
        assertEquals(status.equals("503"), answer.head().toLowerCase().contains("retry-after: 1\r\n"));
        assertEquals(status.equals("503"), answer.text().contains("store_unavailable"), answer.text());
    }

    /** The second question of the quota is asked when the route is known. */
    @ParameterizedTest
    @CsvSource({"REFUSE, 503", "CONTINUE, 200"})
    void shouldDecideAboutARequestWhoseRouteTheQuotaDoesNotAdmit(StoreLoss onLoss, String status) throws Exception {
        launch(1, UnknownIds.RELAY, onLoss, extensionsBuilder().requestQuota(new RequestQuota() {
            @Override
            public void admit(Principal caller, Answer answer) {
                answer.grant(Permit.NONE);
            }

            @Override
            public void admit(PlannedRequest request, Answer answer) {
                // never answered
            }
        }).build());

        RawPeer.Message answer = sendAndWait("POST /v1/responses", BODY, Duration.ofSeconds(2));

        assertEquals(status, status(answer), answer.text());
        assertEquals(status.equals("503"), answer.text().contains("store_unavailable"), answer.text());
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /v1/responses", "GET /v1/responses/resp_1"})
    void shouldDecideAboutARequestWhoseOwnerIsNotFound(String start) throws Exception {
        for (StoreLoss onLoss : StoreLoss.values()) {
            launch(2, UnknownIds.RELAY, onLoss, extensionsBuilder().affinityStore(new AffinityStore() {
                @Override
                public void find(List<String> keys, Answer answer) {
                    // never answered
                }

                @Override
                public void put(String key, String endpoint, Duration ttl) {
                    // forgotten
                }
            }).build());
            String body = start.startsWith("GET") ? "" : BODY.replace("{", "{\"previous_response_id\":\"resp_1\",");

            RawPeer.Message answer = sendAndWait(start, body, Duration.ofSeconds(1));

            assertEquals(onLoss == StoreLoss.REFUSE ? "503" : "200", status(answer), answer.text());
            assertEquals(onLoss == StoreLoss.REFUSE, answer.head().toLowerCase().contains("retry-after: 1\r\n"));
            relay.close();
        }
    }
}
