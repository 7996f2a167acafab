// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.protocol.RequestCase;
import dev.sluice.protocol.json.JsonTree;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every case of the request contract over sockets. The upstream answers with the body that it received. */
class RequestCasesIT {
    private static final String FILLER = "x".repeat(1024 * 1024);
    private static final ScriptedUpstream UPSTREAM = new ScriptedUpstream();
    private static final Map<String, Relay> RELAYS = new HashMap<>();

    @BeforeAll
    static void echo() {
        UPSTREAM.always(peer -> {
            while (true) {
                byte[] body = peer.readMessage().body();
                peer.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + body.length
                        + "\r\n\r\n").write(body);
            }
        });
    }

    @AfterAll
    static void stop() throws InterruptedException {
        RELAYS.values().forEach(Relay::close);
        RELAYS.clear();
        UPSTREAM.close();
        assertNull(UPSTREAM.failure(0));
    }

    static List<RequestCase> cases() {
        return RequestCase.all();
    }

    private static RawPeer connect(String profile, String side) {
        Relay relay = RELAYS.computeIfAbsent(profile + side, key -> Relay.launch(RelayConfig.builder()
                .listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of(UPSTREAM.url(), null))
                        .withDialect(side.equals("face") ? null : profile))
                .route(RouteConfig.of("*", "up").withProfile(side.equals("dialect") ? null : profile)).build()));
        return RawPeer.connect(relay.port());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldHoldOverASocket(RequestCase request) throws Exception {
        try (RawPeer client = connect(request.profile(), request.side())) {
            check(request, client, JsonTree.write(request.in()), request.out());
            check(request, client, JsonTree.write(RequestCase.reversed(request.in())), request.out());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldHoldBehindAMegabyteInChunks(RequestCase request) throws Exception {
        String body = JsonTree.text(request.in());
        byte[] rest = (body.equals("{}") ? "}" : ',' + body.substring(1)).getBytes(UTF_8);
        Map<Object, Object> out = null;
        if (request.out() != null) {
            out = new LinkedHashMap<>((Map<?, ?>) request.out());
            out.put("zz_filler", FILLER);
        }
        StringBuilder wire = new StringBuilder(RelayFixture.post("Transfer-Encoding: chunked\r\n",
                chunk("{\"zz_filler\":\"" + FILLER + '"')));
        for (int i = 0; i < rest.length; i += 7) {
            wire.append(chunk(new String(rest, i, Math.min(7, rest.length - i), ISO_8859_1)));
        }

        try (RawPeer client = connect(request.profile(), request.side())) {
            check(request, client.write(wire + "0\r\n\r\n").readMessage(), out);
        }
    }

    private static void check(RequestCase request, RawPeer client, byte[] body, Object expected) throws Exception {
        client.write(RelayFixture.post("Content-Length: " + body.length + "\r\n", "")).write(body);
        check(request, client.readMessage(), expected);
    }

    private static void check(RequestCase request, RawPeer.Message answer, Object expected) {
        if (!request.isError()) {
            assertTrue(answer.head().startsWith("HTTP/1.1 200 "), () -> answer.head() + answer.text());
            assertEquals(expected, JsonTree.read(answer.body()));
            return;
        }
        assertTrue(answer.head().startsWith("HTTP/1.1 400 "), () -> answer.head() + answer.text());
        Map<?, ?> error = (Map<?, ?>) ((Map<?, ?>) JsonTree.read(answer.body())).get("error");
        assertEquals(request.param() == null ? JsonTree.Literal.NULL : request.param(), error.get("param"));
        assertEquals(request.code(), error.get("code"));
        assertEquals("invalid_request_error", error.get("type"));
    }

    static Stream<Map<?, ?>> exactCases() {
        return ((List<?>) RequestCase.read("requests/bytes.json")).stream().map(row -> (Map<?, ?>) row);
    }

    @ParameterizedTest
    @MethodSource("exactCases")
    void shouldKeepEveryByteOutsideOfAnEdit(Map<?, ?> request) throws Exception {
        byte[] body = ((String) request.get("in")).getBytes(UTF_8);

        try (RawPeer client = connect((String) request.get("profile"), "both")) {
            client.write(RelayFixture.post("Content-Length: " + body.length + "\r\n", "")).write(body);
            assertEquals(request.get("out"), new String(client.readMessage().body(), UTF_8));
        }
    }
}
