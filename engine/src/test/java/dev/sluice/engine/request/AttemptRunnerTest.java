// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HealthConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.RetryConfig;
import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.RecordingConnection;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.response.ResponseWay;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attempts between a fake exchange and fake upstream connections. */
class AttemptRunnerTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<RecordingConnection> connections = new ArrayList<>();
    private final List<String> endpoints = new ArrayList<>();
    private final RequestBody body = new RequestBody(null, LimitConfig.DEFAULT, new MemoryBudget(1 << 20), -1);
    private final Exchange exchange = new Exchange();
    private long nowNanos = 1;
    private final AttemptRunner runner = new AttemptRunner(new ForwardedHead(new DownstreamRequest("POST",
            "/v1/responses", "?a=b", new DefaultHttpHeaders(), -1, false, new InetSocketAddress(0)), "/responses",
            "an-id", false, null), body, null, (endpoint, notBefore, attempt) -> {
                endpoints.add(endpoint.toString());
                connections.add(new RecordingConnection(attempt));
            }, new LoopTicker(channel.eventLoop(), () -> nowNanos, (loop, tick) -> () -> { }), exchange);
    private Cluster cluster;

    AttemptRunnerTest() {
        channel.freezeTime();
        body.add(Unpooled.copiedBuffer("{}", StandardCharsets.UTF_8));
        body.plan(null, false);
        body.end();
    }

    @AfterEach
    void release() {
        runner.stop();
        runner.cancel();
        body.release();
        channel.finishAndReleaseAll();
        cluster.statuses(nowNanos).forEach(status -> assertEquals(0, status.inFlight(), status.endpoint()));
    }

    private void plan(int endpointCount, RetryConfig retry) {
        List<EndpointConfig> all = new ArrayList<>();
        for (int i = 0; i < endpointCount; i++) {
            all.add(EndpointConfig.of("http://127.0.0.1:" + (i + 1) + "/v1", null));
        }
        cluster = new Cluster(ClusterConfig.of("up", all.toArray(EndpointConfig[]::new)).withBalance(
                Balance.ROUND_ROBIN, HealthConfig.DEFAULT), 0, null);
        runner.plan(cluster, retry, "m");
    }

    private RecordingConnection last() {
        return connections.get(connections.size() - 1);
    }

    @Test
    void shouldSendTheRequestAndReceiveTheResponse() {
        plan(1, RetryConfig.DEFAULT);

        runner.begin();
        last().connect();
        last().answer(200);
        last().deliver("{\"a\":1}").end();

        assertEquals("/responses?a=b", last().request.target());
        assertEquals("{}", last().body.toString());
        assertTrue(last().isEnded);
        assertEquals(List.of("connecting", "began 1", "forwarding", "sent", "response 200", "body {\"a\":1}", "over 1",
                "end"), exchange.calls);
    }

    @Test
    void shouldAskAnotherEndpointWhereOneRefusesConnections() {
        plan(2, RetryConfig.DEFAULT);
        runner.begin();

        connections.get(0).listener.onConnectFailed(new java.net.ConnectException("refused"));

        assertEquals(2, connections.size());
        assertNotEquals(endpoints.get(0), endpoints.get(1));
        last().connect().answer(200);
        assertEquals("response 200", exchange.last());
        assertEquals(2, runner.count());
    }

    /** An endpoint whose connections have no room has processed nothing. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldAskAnotherEndpointWhereOneIsBusy(int count) {
        plan(count, RetryConfig.DEFAULT);
        runner.begin();

        connections.get(0).listener.onUpstreamBusy();

        assertEquals(count, connections.size());
        if (count == 1) {
            assertEquals("refused relay_overloaded", exchange.last());
            return;
        }
        assertNotEquals(endpoints.get(0), endpoints.get(1));
        last().connect().answer(200);
        assertEquals("response 200", exchange.last());
    }

    @Test
    void shouldWaitBeforeItAsksTheOnlyEndpointAgain() {
        plan(1, RetryConfig.DEFAULT);
        runner.begin();

        connections.get(0).listener.onConnectFailed(new java.net.ConnectException("refused"));
        assertTrue(runner.isWaitingToRetry());
        assertEquals(1, connections.size());
        channel.advanceTimeBy(75, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();

        assertFalse(runner.isWaitingToRetry());
        assertEquals(2, connections.size());
        last().listener.onConnectFailed(new java.net.ConnectException("refused"));
        assertEquals("refused upstream_error", exchange.last());
    }

    @Test
    void shouldForgetABackoffWhenItIsStopped() {
        plan(1, RetryConfig.DEFAULT);
        runner.begin();
        connections.get(0).listener.onConnectFailed(new java.net.ConnectException("refused"));

        runner.stop();
        channel.advanceTimeBy(10, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();

        assertEquals(1, connections.size());
    }

    @Test
    void shouldSendTheBodyAgain() {
        plan(2, RetryConfig.DEFAULT);
        runner.begin();
        last().connect().fail(AttemptFailure.Kind.REFUSED, false);

        last().connect();

        assertEquals("{}", connections.get(0).body.toString());
        assertEquals("{}", connections.get(1).body.toString());
    }

    @Test
    void shouldPassOnALossThatMayHaveBeenProcessed() {
        plan(2, RetryConfig.DEFAULT);
        runner.begin();

        last().connect().fail(AttemptFailure.Kind.CLOSED, false);

        assertEquals(1, connections.size());
        assertEquals("lost UPSTREAM_CLOSED", exchange.last());
    }

    @Test
    void shouldNotRepeatWhatIsAnswered() {
        plan(2, RetryConfig.DEFAULT.withIdempotent(true));
        runner.begin();
        last().connect().answer(200);
        runner.onAnswered();

        last().fail(AttemptFailure.Kind.RESET, true);

        assertEquals(1, connections.size());
        assertEquals("lost UPSTREAM_CLOSED", exchange.last());
        assertFalse(runner.retryAfterTimeout());
    }

    @Test
    void shouldAskAnotherEndpointWhereOneAnswers429() {
        plan(2, RetryConfig.DEFAULT);
        runner.begin();

        last().connect().answer(429).end(); // its connection can be reused
        last().connect().answer(200);

        assertEquals(2, connections.size());
        assertFalse(exchange.calls.contains("response 429"));
        assertEquals("response 200", exchange.last());
    }

    @Test
    void shouldAskTheOnlyEndpointAgainWhenItIsReady() {
        plan(1, RetryConfig.DEFAULT);
        runner.begin();

        last().connect().answer(503, "retry-after", "2").end();
        assertTrue(runner.isWaitingToRetry());
        channel.advanceTimeBy(2, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        last().connect().answer(200);

        assertEquals("response 200", exchange.last());
    }

    @Test
    void shouldPassOnTheRefusalOfTheLastAttempt() {
        plan(2, RetryConfig.DEFAULT);
        runner.begin();

        last().connect().answer(429).end();
        last().connect().answer(503);

        assertEquals("response 503", exchange.last());
        assertEquals(2, connections.size());
    }

    @Test
    void shouldTakeTheFirstAnswerOfARace() {
        hedge();

        connections.get(1).connect().answer(200);

        assertTrue(connections.get(0).isCancelled);
        assertEquals(2, runner.lead().number());
        assertTrue(runner.lead().isHedge());
        assertEquals("response 200", exchange.last());
        connections.get(0).answer(200); // too late
        assertEquals("response 200", exchange.last());
        assertEquals(1, exchange.calls.stream().filter("response 200"::equals).count());
    }

    private void hedge() {
        plan(2, RetryConfig.DEFAULT.withHedgeQuantile(0.5));
        for (int i = 0; i < 20; i++) {
            cluster.recordResponseTime(TimeUnit.MILLISECONDS.toNanos(10), nowNanos);
        }
        runner.begin();
        connections.get(0).connect();
        assertEquals(10, TimeUnit.NANOSECONDS.toMillis(runner.hedgeDelayNanos(nowNanos)));
        runner.hedge(nowNanos);
        assertEquals(2, connections.size());
        assertEquals(AttemptRunner.NO_HEDGE, runner.hedgeDelayNanos(nowNanos));
    }

    @Test
    void shouldKeepTheLeadWhereTheHedgeAnswersBadly() {
        hedge();

        connections.get(1).connect().answer(500);
        assertTrue(connections.get(1).isCancelled);
        connections.get(0).answer(200);

        assertEquals(1, runner.lead().number());
        assertEquals("response 200", exchange.last());
    }

    @Test
    void shouldGoOnWithTheHedgeWhereTheFirstIsLost() {
        hedge();

        connections.get(0).fail(AttemptFailure.Kind.RESET, false);
        assertEquals("connecting", exchange.last()); // the hedge has no connection yet
        connections.get(1).connect().answer(200);

        assertEquals(2, runner.count());
        assertEquals("response 200", exchange.last());
    }

    @Test
    void shouldGoOnWithTheFirstWhereTheHedgeHasNoConnection() {
        hedge();

        connections.get(1).listener.onConnectFailed(new java.net.ConnectException("refused"));
        connections.get(0).answer(200);

        assertEquals(1, runner.lead().number());
        assertEquals("response 200", exchange.last());
    }

    @Test
    void shouldLetTheHedgeTakeOverFromAnAttemptThatIsTooLate() {
        hedge();
        connections.get(1).connect();

        assertTrue(runner.retryAfterTimeout());

        assertTrue(connections.get(0).isCancelled);
        assertEquals(2, runner.lead().number());
    }

    @Test
    void shouldAddTheHeadersOfAnObserver() {
        plan(1, RetryConfig.DEFAULT);
        exchange.header = "traceparent";

        runner.begin();
        last().connect();

        assertEquals("a-trace", last().request.headers().get("traceparent"));
    }

    @Test
    void shouldRefuseWhereAllEndpointsAreFull() {
        cluster = new Cluster(ClusterConfig.of("up", EndpointConfig.of("http://127.0.0.1:1/v1", null)
                .withPlace(1, 0, 1)), 0, null);
        runner.plan(cluster, RetryConfig.DEFAULT, "m");
        try (var slot = cluster.choose("m", Set.of(), 0, nowNanos)) {
            runner.begin();

            assertEquals("refused relay_overloaded", exchange.last());
            assertFalse(slot.isClosed());
        }
    }

    /** The exchange: it forwards the body, and notes everything else. */
    private final class Exchange implements AttemptRunner.Listener, ResponseWay {
        private final List<String> calls = new ArrayList<>();
        private String header;

        private String last() {
            return calls.get(calls.size() - 1);
        }

        @Override
        public void onConnecting() {
            calls.add("connecting");
        }

        @Override
        public void onForwarding() {
            calls.add("forwarding");
            runner.pump();
        }

        @Override
        public void onAttemptBegan(Attempt attempt) {
            calls.add("began " + attempt.number());
            if (header != null) {
                attempt.setHeader(header, "a-trace");
            }
        }

        @Override
        public void onAttemptEnded(Attempt attempt) {
            calls.add("over " + attempt.number());
        }

        @Override
        public void onConnectFailed(String name, Throwable cause) {
            calls.add("no connection to " + name);
        }

        @Override
        public void onAttemptLost(Attempt attempt, AttemptFailure failure) {
            calls.add("attempt lost");
        }

        @Override
        public void onProgress() {
            runner.pump();
        }

        @Override
        public void onRequestSent() {
            calls.add("sent");
        }

        @Override
        public void onRetry() {
            calls.add("retry");
        }

        @Override
        public void onResponse(Attempt attempt, ResponseHead head) {
            attempt.deliverTo(this);
            calls.add("response " + head.status().code());
        }

        @Override
        public void onLost(ErrorCode cause) {
            calls.add("lost " + cause);
        }

        @Override
        public void onRefused(RelayException refusal) {
            calls.add("refused " + refusal.code().code());
        }

        @Override
        public void onBody(BodyPiece piece) {
            calls.add("body " + piece.bytes().toString(StandardCharsets.UTF_8));
            piece.bytes().release();
        }

        @Override
        public void onReadComplete() {
            // nothing to do
        }

        @Override
        public void onEnd(boolean isByClose) {
            calls.add("end");
        }

        @Override
        public void onDownstreamClosed() {
            throw new UnsupportedOperationException("not in these tests");
        }

        @Override
        public long lastReadNanos() {
            return nowNanos;
        }

        @Override
        public int status() {
            return 0;
        }
    }
}
