// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.Await;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.RecordingConnection;
import dev.sluice.engine.http.RecordingSink;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.observe.LoopRecorder;
import dev.sluice.engine.request.RequestServices;
import dev.sluice.engine.request.ScannerCache;
import dev.sluice.engine.response.BodyObserver;
import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.ObservedAttempt;
import dev.sluice.engine.spi.ObservedExchange;
import dev.sluice.engine.spi.Principal;
import dev.sluice.protocol.event.ScannerPool;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A whole exchange without a relay: both edges, the authenticator and the observers are fakes. */
class ExchangeTest {
    private static final String BODY = "{\"model\":\"gpt-5.2\",\"input\":\"hi\",\"stream\":true}";
    private static final String CREATED = "data: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":"
            + "{\"id\":\"resp_1\"}}\n\n";
    private static final String COMPLETED = "data: {\"type\":\"response.completed\",\"sequence_number\":1,\"response\":"
            + "{\"id\":\"resp_1\",\"status\":\"completed\",\"usage\":{\"input_tokens\":3,\"output_tokens\":5,"
            + "\"total_tokens\":8}}}\n\n";

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final RecordingSink downstream = new RecordingSink();
    private final List<RecordingConnection> connections = new ArrayList<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final List<ExchangeObserver> observers = new ArrayList<>(List.of(new Recorder()));
    private Runnable tick = () -> { };
    private long nowNanos = 100;
    private Authenticator authenticator = (head, decision) -> decision.accept(Principal.of("alice"));
    private RelayServices relay;

    @AfterEach
    void release() {
        channel.finishAndReleaseAll();
        assertEquals(0, relay.life().inFlight());
        assertEquals(0, relay.gate().inside());
        assertEquals(0, relay.bodies().usedBytes());
    }

    private Exchange start(String method, String path) {
        RelayConfig config = RelayConfig.builder()
                .cluster(ClusterConfig.of("up", EndpointConfig.of("http://127.0.0.1:1/v1", "sk-up")))
                .route(RouteConfig.of("gpt-*", "up")).route(RouteConfig.of("gpt-named", "up")).build();
        relay = RelayServices.of(config, Extensions.NONE, () -> nowNanos);
        ActiveConfig active = new ActiveConfig(config, (head, decision) -> authenticator.authenticate(head, decision),
                0, null);
        LoopTicker ticker = new LoopTicker(channel.eventLoop(), () -> nowNanos, (loop, all) -> {
            tick = all;
            return () -> tick = () -> { };
        });
        byte[] scratch = new byte[1024];
        ExchangeServices services = new ExchangeServices(relay, active, new RequestServices(active.router(),
                active::cluster, active.limits(), null, "", active.affinity(), false, relay.bodies(),
                new ScannerCache(scratch),
                (endpoint, notBefore, attempt) -> connections.add(new RecordingConnection(attempt)), null, null, ticker,
                channel.eventLoop()),
                new BodyObserver.Tools(new LoopRecorder(), () -> nowNanos, scratch, new ScannerPool()),
                new ExchangeObservers(observers), null);
        Exchange exchange = new Exchange(services, new DownstreamRequest(method, path, "",
                new DefaultHttpHeaders().set("content-type", "application/json"), BODY.length(), false,
                new InetSocketAddress(0)), downstream, null);
        exchange.start();
        return exchange;
    }

    private Exchange ask() {
        Exchange exchange = start("POST", "/v1/responses");
        exchange.onBody(Unpooled.copiedBuffer(BODY, StandardCharsets.UTF_8));
        exchange.onBodyEnd();
        exchange.onReadComplete();
        return exchange;
    }

    private void advance(Duration time) {
        tick.run();
        nowNanos += time.toNanos();
        tick.run();
    }

    @Test
    void shouldRelayAResponse() {
        ask();
        connections.get(0).connect().answerEvents().deliver(CREATED).deliver(COMPLETED).end();

        assertEquals(BODY, connections.get(0).body.toString());
        assertEquals(CREATED + COMPLETED, downstream.body.toString());
        assertEquals("ended", downstream.end);
        assertEquals(List.of("started /v1/responses", "planned gpt-5.2 to up", "began 1 at 127.0.0.1:1",
                "committed 200",
                "ended 1 with 200 null", "COMPLETED resp_1 8 tokens"), calls);
    }

    @Test
    void shouldNotDependOnAnObserverThatFails() {
        observers.add(0, new ExchangeObserver() {
            @Override
            public void onStarted(ObservedExchange exchange) {
                throw new IllegalStateException("a defect");
            }

            @Override
            public void onEnded(ObservedExchange exchange) {
                throw new IllegalStateException("a defect");
            }
        });

        shouldRelayAResponse();
    }

    @Test
    void shouldLetAnObserverAddAHeaderAndKeepAState() {
        List<Object> states = new ArrayList<>();
        observers.add(new ExchangeObserver() {
            @Override
            public void onStarted(ObservedExchange exchange) {
                exchange.attach(this, "a span");
            }

            @Override
            public void onAttemptBegan(ObservedExchange exchange, ObservedAttempt attempt) {
                attempt.setHeader("traceparent", "00-a-b-01");
                try {
                    attempt.setHeader("authorization", "Bearer other");
                } catch (IllegalArgumentException refused) {
                    states.add(refused.getMessage());
                }
            }

            @Override
            public void onEnded(ObservedExchange exchange) {
                states.add(exchange.attachment(this));
            }
        });

        shouldRelayAResponse();

        assertEquals("00-a-b-01", connections.get(0).request.headers().get("traceparent"));
        assertEquals(List.of("attempt header: authorization (expected: a header without credentials)", "a span"),
                states);
    }

    @Test
    void shouldAnswerTheListOfModelsItself() throws Exception {
        start("GET", "/v1/models");
        RecordingConnection list = connections.get(0); // the cluster's own, because a route has a pattern
        list.connect().answer(200);
        list.deliver("{\"data\":[{\"id\":\"gpt-own\"},{\"id\":\"other\"}]}").end();
        Await.until("the lists are merged and the exchange has ended", () -> {
            channel.runPendingTasks();
            return downstream.head != null && calls.size() == 2; // another thread may finish the answer
        });

        assertTrue(downstream.body.toString().contains("\"id\":\"gpt-own\""), downstream.body.toString());
        assertFalse(downstream.body.toString().contains("\"id\":\"other\""), downstream.body.toString());
        assertTrue(downstream.body.toString().contains("\"id\":\"gpt-named\""), downstream.body.toString());
        assertEquals(200, downstream.head.status().code());
        assertEquals(List.of("started /v1/models", "COMPLETED null null tokens"), calls);
    }

    @Test
    void shouldRefuseACallerThatIsNotKnown() {
        authenticator = (head, decision) -> decision.refuse("no key");

        Exchange exchange = start("POST", "/v1/responses");

        assertEquals(401, downstream.head.status().code());
        assertEquals("Bearer", downstream.head.headers().get("www-authenticate"));
        assertTrue(downstream.head.headers().contains("x-sluice-request-id"));
        assertEquals("REFUSED null null tokens", calls.get(1));
        exchange.onDownstreamClosed(); // no second end
        assertEquals(2, calls.size());
    }

    @Test
    void shouldNameTheMethodsOfAPath() {
        start("PUT", "/v1/responses");

        assertEquals(405, downstream.head.status().code());
        assertEquals("POST", downstream.head.headers().get("allow"));
    }

    @Test
    void shouldIgnoreADecisionThatComesTooLate() {
        List<Authenticator.Decision> decisions = new ArrayList<>();
        authenticator = (head, decision) -> decisions.add(decision);
        Exchange exchange = start("POST", "/v1/responses");
        exchange.onDownstreamClosed();

        decisions.get(0).accept(Principal.of("alice"));
        decisions.get(0).refuse("no key");

        assertEquals(List.of("started /v1/responses", "DOWNSTREAM_LEFT null null tokens"), calls);
    }

    @Test
    void shouldRefuseWhereTheCallerIsNotIdentifiedInTime() {
        authenticator = (head, decision) -> { };
        start("POST", "/v1/responses");

        advance(Duration.ofSeconds(10));
        assertEquals("open", downstream.end);
        advance(Duration.ofSeconds(1));

        assertEquals(500, downstream.head.status().code());
    }

    @Test
    void shouldCancelTheAttemptWhoseAnswerIsTooLate() {
        ask();
        connections.get(0).connect();

        advance(Duration.ofMinutes(9));
        assertEquals("open", downstream.end);
        advance(Duration.ofMinutes(2));

        assertEquals(504, downstream.head.status().code());
        assertTrue(connections.get(0).isCancelled);
        assertEquals("ended 1 with 0 null", calls.get(3));
        assertEquals("REFUSED null null tokens", calls.get(4));
    }

    @Test
    void shouldEndASilentStreamAsLost() {
        ask();
        connections.get(0).connect().answerEvents().deliver(CREATED);

        advance(Duration.ofMinutes(9));
        assertEquals("open", downstream.end);
        advance(Duration.ofMinutes(2));

        assertEquals("aborted", downstream.end);
        assertEquals("UPSTREAM_LOST resp_1 null tokens", calls.get(calls.size() - 1));
    }

    @Test
    void shouldCloseADownstreamThatTakesNothing() {
        ask();
        downstream.isWritable = false;
        connections.get(0).connect().answerEvents().deliver(CREATED);

        advance(Duration.ofSeconds(59));
        assertEquals("open", downstream.end);
        advance(Duration.ofSeconds(2));

        assertEquals("closed", downstream.end);
        assertTrue(connections.get(0).isCancelled);
        assertEquals("DOWNSTREAM_STALLED resp_1 null tokens", calls.get(calls.size() - 1));
    }

    @Test
    void shouldCancelWhenTheDownstreamLeavesBeforeAnAnswer() {
        Exchange exchange = ask();
        connections.get(0).connect();

        exchange.onDownstreamClosed();

        assertTrue(connections.get(0).isCancelled);
        assertEquals("DOWNSTREAM_LEFT null null tokens", calls.get(calls.size() - 1));
        assertFalse(calls.contains("committed 200"));
    }

    @Test
    void shouldHideWhatTheUpstreamSaysOfTheRelaysCredentials() {
        ask();

        connections.get(0).connect().answer(401, "x-hint", "sk-up is wrong");

        assertEquals(502, downstream.head.status().code());
        assertFalse(downstream.body.toString().contains("sk-up"));
        assertTrue(connections.get(0).isCancelled);
    }

    /** An observer that notes every call. */
    private final class Recorder implements ExchangeObserver {
        @Override
        public void onStarted(ObservedExchange exchange) {
            calls.add("started " + exchange.request().path());
        }

        @Override
        public void onPlanned(ObservedExchange exchange) {
            calls.add("planned " + exchange.model() + " to " + exchange.cluster());
        }

        @Override
        public void onAttemptBegan(ObservedExchange exchange, ObservedAttempt attempt) {
            calls.add("began " + attempt.number() + " at " + attempt.endpoint());
        }

        @Override
        public void onAttemptEnded(ObservedExchange exchange, ObservedAttempt attempt) {
            calls.add("ended " + attempt.number() + " with " + attempt.status() + ' ' + attempt.failure());
        }

        @Override
        public void onCommitted(ObservedExchange exchange) {
            calls.add("committed " + exchange.status());
        }

        @Override
        public void onEnded(ObservedExchange exchange) {
            assertTrue(exchange.end() != null && exchange.end() != ExchangeEnd.COMPLETED || exchange.isComplete());
            calls.add(exchange.end() + " " + exchange.responseId() + ' '
                    + (exchange.usage() == null ? null : exchange.usage().totalTokens()) + " tokens");
        }
    }
}
