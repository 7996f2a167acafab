// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertNull;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.config.WebSocketMode;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** Two scripted upstreams behind a relay whose downstream is a WebSocket, and the messages of a short response. */
abstract class WebSocketFixture extends RelayFixture {
    static final String CREATE = "{\"type\":\"response.create\",\"model\":\"gpt-5.2\",\"input\":\"hi\"}";
    static final String CREATED = "{\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\"}}";
    static final String DELTA = "{\"type\":\"response.output_text.delta\",\"delta\":\"hi\"}";
    static final String COMPLETED = "{\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\","
            + "\"status\":\"completed\",\"usage\":{\"input_tokens\":3,\"output_tokens\":5,\"total_tokens\":8}}}";

    final ScriptedUpstream second = new ScriptedUpstream();

    @AfterEach
    void closeSecond() throws InterruptedException {
        second.close();
        assertNull(second.failure(0));
    }

    void launchNative() {
        launch(WebSocketMode.NATIVE, EndpointConfig.of(upstream.url(), "sk-upstream"));
    }

    /**
     * Launches a relay whose callers may use two clusters, so that no upstream is asked before the first request; the
     * second upstream gets none.
     */
    void launchLazy(TimeoutConfig timeouts) {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0).cluster(cluster("up", upstream))
                .cluster(cluster("other", second)).route(RouteConfig.of("gpt-*", "up"))
                .route(RouteConfig.of("other-*", "other")).timeouts(timeouts).build(), extensions());
    }

    /** Launches a relay with one cluster, which serves all models. */
    void launch(WebSocketMode mode, EndpointConfig... endpoints) {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", endpoints).withWebsocket(mode))
                .route(RouteConfig.of("gpt-*", "up")).build(), extensions());
    }

    /** Launches a relay with a cluster for each upstream: gpt-5.2 on the first, gpt-6 on the second. */
    void launchTwo() {
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0).cluster(cluster("one", upstream))
                .cluster(cluster("two", second)).route(RouteConfig.of("gpt-5.2", "one"))
                .route(RouteConfig.of("gpt-6", "two")).build(), extensions());
    }

    static ClusterConfig cluster(String name, ScriptedUpstream of) {
        return ClusterConfig.of(name, EndpointConfig.of(of.url(), "k")).withWebsocket(WebSocketMode.NATIVE);
    }

    WebSocketPeer client(String... headers) throws IOException {
        return WebSocketPeer.connect(relay.port(), headers);
    }

    static String inLane(String message, String lane) {
        return message.substring(0, message.length() - 1) + ",\"stream_id\":\"" + lane + "\"}";
    }

    /** Returns a message about the second cluster's model or response. */
    static String second(String message) {
        return message.replace("gpt-5.2", "gpt-6").replace("resp_1", "resp_2");
    }

    /** Answers each request of a connection with three events in its lane. */
    static void answerAll(RawPeer raw) throws Exception {
        answerAll(WebSocketPeer.accept(raw));
    }

    static void answerAll(WebSocketPeer peer) throws Exception {
        while (true) {
            String request = peer.read();
            int at = request.indexOf("\"stream_id\":\"");
            String lane = at < 0 ? null : request.substring(at + 13, request.indexOf('"', at + 13));
            for (String event : List.of(CREATED, DELTA, COMPLETED)) {
                peer.send(lane == null ? event : inLane(event, lane));
            }
        }
    }
}
