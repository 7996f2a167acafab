// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.RouteConfig.DownstreamLeave;
import dev.sluice.engine.config.RouteConfig.UpstreamLoss;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.RecordingSink;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.observe.LoopRecorder;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.protocol.LeakGuard;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.Failure;
import dev.sluice.protocol.event.ScannerPool;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ways of a response, between fakes of both edges and of the exchange. */
@ExtendWith(LeakGuard.class)
class ResponsePathTest {
    private static final String CREATED = "data: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":"
            + "{\"id\":\"resp_1\",\"model\":\"m\",\"created_at\":1}}\n\n";
    private static final String DELTA = "data: {\"type\":\"response.output_text.delta\",\"sequence_number\":1,"
            + "\"delta\":\"hi\"}\n\n";
    private static final String COMPLETED = "data: {\"type\":\"response.completed\",\"sequence_number\":2,\"response\":"
            + "{\"id\":\"resp_1\",\"status\":\"completed\",\"output\":[],\"usage\":{\"input_tokens\":3,"
            + "\"output_tokens\":5,\"total_tokens\":8}}}\n\n";

    private static final DownstreamRequest REQUEST = new DownstreamRequest("POST", "/v1/responses", "",
            new DefaultHttpHeaders(), 0, false, null);

    private final RecordingSink sink = new RecordingSink();
    private final Upstream upstream = new Upstream();
    private final Exchange exchange = new Exchange();
    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private long nowNanos = 1000;
    private final ResponsePath path = new ResponsePath(sink, exchange, new BodyObserver.Tools(new LoopRecorder(),
            () -> nowNanos, new byte[64], new ScannerPool()), budget, LimitConfig.DEFAULT);
    private RouteConfig route = RouteConfig.of("gpt-*", "up");
    private boolean hasTerminal = true;
    private boolean isReplaceable;
    private boolean isStreamAsked = true;

    @AfterEach
    void release() {
        path.release();
        assertEquals(0, budget.usedBytes());
    }

    private void begin(int status, String type, boolean isCollected, boolean isSent) {
        ResponseHead head = new ResponseHead(HttpResponseStatus.valueOf(status),
                new DefaultHttpHeaders().set("content-type", type), -1);
        path.begin(upstream, head, new ResponsePath.Handling(route, "an-id", null, null,
                isCollected, hasTerminal, isStreamAsked, REQUEST, isReplaceable, isSent, Map.of()));
    }

    private void beginStream() {
        begin(200, "text/event-stream", false, true);
    }

    private void deliver(String text) {
        BodyPiece piece = new BodyPiece();
        piece.setWhole(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        upstream.way.onBody(piece);
        if (!upstream.isCancelled) {
            upstream.way.onReadComplete();
        }
    }

    @Test
    void shouldHoldTheHeadUntilTheFirstBodyByte() {
        beginStream();

        upstream.way.onReadComplete();
        assertNull(sink.head);
        assertEquals(List.of(), exchange.calls);
        deliver(CREATED);

        assertEquals(200, sink.head.status().code());
        assertEquals("an-id", sink.head.headers().get("x-sluice-request-id"));
        assertEquals(CREATED, sink.body.toString());
        assertEquals(List.of("commit", "id resp_1"), exchange.calls);
        assertTrue(path.isRelaying());
    }

    @Test
    void shouldFlushEachReadAtOnceAndReadOn() {
        beginStream();
        deliver(CREATED);
        int reads = upstream.reads;

        deliver("data: half an ev");

        assertEquals(2, sink.flushes);
        assertEquals(reads + 1, upstream.reads);
        assertEquals(1, path.body().eventCount());
    }

    @Test
    void shouldPauseWhileTheDownstreamTakesNothing() {
        beginStream();
        sink.isWritable = false;
        deliver(CREATED);
        int reads = upstream.reads;
        assertTrue(path.relayed().isPaused());

        path.onWritabilityChanged();
        assertEquals(reads, upstream.reads);
        sink.isWritable = true;
        nowNanos = 5000;
        path.onWritabilityChanged();

        assertEquals(reads + 1, upstream.reads);
        assertEquals(5000, path.lastReadNanos()); // the silence was not the upstream's
    }

    @Test
    void shouldEndCleanlyAfterATerminalEvent() {
        beginStream();
        deliver(CREATED + DELTA + COMPLETED);

        upstream.way.onEnd(false);

        assertEquals("ended", sink.end);
        assertEquals(List.of("commit", "id resp_1", "ending", "COMPLETED null"), exchange.calls);
        assertEquals(8, path.body().usage().totalTokens());
    }

    /** After the terminal event the answer is whole: its end counts as what that event says, however it comes. */
    @ParameterizedTest
    @CsvSource({
        "response.completed,  completed,  , COMPLETED",
        "response.incomplete, incomplete, , COMPLETED",
        "response.done,       completed,  , COMPLETED",
        "response.failed,     failed,     rate_limit_exceeded, FAILED",
        "response.done,       failed,     server_error, FAILED",
        "error,               ,           overloaded, FAILED",
    })
    void shouldEndAfterATerminalEventHoweverTheUpstreamLeaves(String type, String status, String code, String end) {
        String terminal = "data: {\"type\":\"" + type + "\"" + (status == null ? "" : ",\"response\":{\"status\":\""
                + status + "\",\"error\":" + (code == null ? "null" : "{\"code\":\"" + code + "\"}") + "}")
                + (status == null ? ",\"code\":\"" + code + "\"" : "") + "}\n\n";
        for (ErrorCode cause : List.of(ErrorCode.UPSTREAM_TRUNCATED, ErrorCode.UPSTREAM_CLOSED,
                ErrorCode.UPSTREAM_IDLE, ErrorCode.UPSTREAM_MALFORMED)) {
            path.reset();
            sink.reset();
            upstream.isCancelled = false;
            beginStream();
            deliver(CREATED + terminal + ": ping\n\n");

            path.onLost(cause);

            assertEquals("ended", sink.end);
            assertEquals(end + " null", exchange.last());
            assertEquals(code, path.body().errorCode());
            assertTrue(upstream.isCancelled);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'{\"id\":\"r\",\"status\":\"completed\",\"error\":null}', COMPLETED,",
        "'{\"id\":\"r\",\"status\":\"incomplete\",\"error\":null}', COMPLETED,",
        "'{\"id\":\"r\",\"status\":\"failed\",\"error\":{\"code\":\"server_error\"}}', FAILED, server_error",
        "'{\"id\":\"r\",\"status\":\"failed\",\"error\":null}', FAILED,",
        "'{\"error\":{\"code\":429}}', FAILED, 429",
        "'{\"error\":\"overloaded\"}', FAILED, overloaded",
        "'{\"error\":{\"message\":\"no code\"}}', FAILED,",
        "'{\"items\":[{\"error\":{\"code\":429}}]}', COMPLETED,",
    })
    void shouldCountADocumentAsWhatItSays(String document, String end, String code) {
        begin(200, "application/json", false, true);
        deliver(document);

        upstream.way.onEnd(false);

        assertEquals(document, sink.body.toString());
        assertEquals(end + " null", exchange.last());
        assertEquals(code, path.body().errorCode());
    }

    /** The first bytes decide, in whatever reads they come. */
    @ParameterizedTest
    @CsvSource({"1", "2", "3", "7", "1000"})
    void shouldKnowAStreamWithoutALabelHoweverItIsCut(int stepBytes) {
        String stream = "\uFEFF" + CREATED + DELTA + COMPLETED;
        begin(200, "text/plain", false, true);
        for (int i = 0; i < stream.length(); i += stepBytes) {
            deliver(stream.substring(i, Math.min(stream.length(), i + stepBytes)));
        }
        upstream.way.onEnd(false);

        assertEquals("COMPLETED null", exchange.last());
        assertEquals(8, path.body().usage().totalTokens());
        assertEquals(stream, sink.body.toString());
    }

    /** Paths outside the Responses API have no terminal event: the framing alone marks the end. */
    @Test
    void shouldEndAStreamOfAnotherApiByItsFraming() {
        hasTerminal = false;
        for (boolean isByClose : new boolean[] {false, true}) {
            path.reset();
            sink.reset();
            beginStream();
            deliver("data: {\"choices\":[]}\n\ndata: [DONE]\n\n");

            upstream.way.onEnd(isByClose);

            assertEquals("ended", sink.end);
            assertEquals("COMPLETED null", exchange.last());
        }
        path.reset();
        sink.reset();
        beginStream();
        deliver("data: {\"choices\":[]}\n\n");
        path.onLost(ErrorCode.UPSTREAM_TRUNCATED);
        assertEquals("aborted", sink.end);
        assertEquals("UPSTREAM_LOST upstream_stream_truncated", exchange.last());
    }

    @Test
    void shouldAbortAStreamThatEndsBeforeItsTerminalEvent() {
        beginStream();
        deliver(CREATED + DELTA);

        upstream.way.onEnd(false);

        assertEquals("aborted", sink.end);
        assertEquals("UPSTREAM_LOST upstream_stream_truncated", exchange.last());
    }

    @Test
    void shouldAddAFailedEventWhereTheRouteAsksForIt() {
        route = route.withUpstreamLoss(UpstreamLoss.FAILED_EVENT);
        beginStream();
        deliver(CREATED + DELTA);

        path.onLost(ErrorCode.UPSTREAM_TRUNCATED);

        assertEquals("ended", sink.end);
        assertTrue(sink.body.toString().contains("\"type\":\"response.failed\",\"sequence_number\":2"));
    }

    @Test
    void shouldRefuseWhereNothingWentDownstream() {
        beginStream();

        path.onLost(ErrorCode.UPSTREAM_TIMEOUT);

        assertNull(sink.head);
        assertEquals("refused upstream_timeout", exchange.last());
    }

    @Test
    void shouldRefuseABeginningThatEndsAtOnce() {
        beginStream();

        upstream.way.onEnd(false);

        assertNull(sink.head);
        assertEquals("refused upstream_stream_truncated", exchange.last());
    }

    @Test
    void shouldEndADocumentByItsFraming() {
        begin(200, "application/json", false, true);
        deliver("{\"id\":\"resp_1\"}");

        upstream.way.onEnd(false);

        assertEquals("{\"id\":\"resp_1\"}", sink.body.toString());
        assertEquals("COMPLETED null", exchange.last());
    }

    @Test
    void shouldCommitAnAnswerWithoutABody() {
        begin(404, "text/plain", false, true);

        upstream.way.onEnd(false);

        assertEquals(404, sink.head.status().code());
        assertEquals(List.of("commit", "ending", "COMPLETED null"), exchange.calls);
    }

    @Test
    void shouldNotPassOnASuccessBeforeTheRequestWasSent() {
        begin(200, "text/event-stream", false, false);
        upstream.way.onReadComplete();
        assertEquals(0, upstream.reads); // what came next could not be passed on

        deliver(CREATED);

        assertNull(sink.head);
        assertEquals("refused upstream_error", exchange.last());
    }

    @Test
    void shouldGoOnWithAnEarlySuccessOnceTheRequestWasSent() {
        begin(200, "text/event-stream", false, false);

        path.onRequestSent();
        assertEquals(1, upstream.reads);
        deliver(CREATED);

        assertEquals(CREATED, sink.body.toString());
    }

    @Test
    void shouldPassOnAnEarlyError() {
        begin(400, "application/json", false, false);

        deliver("{}");

        assertEquals(400, sink.head.status().code());
    }

    @Test
    void shouldCollectAStreamToOneDocument() {
        begin(200, "text/event-stream", true, true);
        deliver(CREATED + DELTA);
        assertEquals("", sink.body.toString());
        assertFalse(path.isRelaying());

        deliver(COMPLETED);

        assertEquals("application/json", sink.head.headers().get("content-type"));
        assertTrue(sink.body.toString().contains("\"status\":\"completed\""), sink.body.toString());
        assertEquals(List.of("collecting", "id resp_1", "ending", "COMPLETED null"), exchange.calls);
        assertTrue(upstream.isAlone);
    }

    @Test
    void shouldRefuseACollectedStreamThatIsCut() {
        begin(200, "text/event-stream", true, true);
        deliver(CREATED);

        path.onLost(ErrorCode.UPSTREAM_CLOSED);

        assertEquals("refused upstream_stream_truncated", exchange.last());
    }

    @Test
    void shouldCancelAnAnswerThatIsNotWantedAnyMore() {
        beginStream();
        deliver(CREATED);

        path.onDownstreamClosed();

        assertTrue(upstream.isCancelled);
        assertEquals("DOWNSTREAM_LEFT null", exchange.last());
    }

    @Test
    void shouldLetAnUpstreamFinishWhoseDownstreamHasAllItWanted() {
        beginStream();
        deliver(CREATED + COMPLETED);

        path.onDownstreamClosed();

        assertTrue(upstream.isAlone);
        assertEquals("COMPLETED null", exchange.last());
    }

    @Test
    void shouldDrainForTheUsageWhereTheRouteAsksForIt() {
        route = route.withDownstreamLeave(DownstreamLeave.DRAIN);
        beginStream();
        deliver(CREATED);

        path.onDownstreamClosed();
        assertEquals("draining", exchange.last());
        deliver(DELTA + COMPLETED);
        upstream.way.onEnd(false);

        assertEquals(CREATED, sink.body.toString());
        assertEquals(8, path.body().usage().totalTokens());
        assertEquals("DOWNSTREAM_LEFT null", exchange.last());
    }

    @Test
    void shouldStopADrainAtItsBound() {
        route = route.withDownstreamLeave(DownstreamLeave.DRAIN);
        beginStream();
        deliver(CREATED);
        path.onDownstreamClosed();

        for (int i = 0; i < 5 && !upstream.isCancelled; i++) {
            deliver("data: " + "x".repeat(1 << 20) + "\n\n");
        }

        assertTrue(upstream.isCancelled);
        assertEquals("DOWNSTREAM_LEFT null", exchange.last());
    }

    @Test
    void shouldStopWhereTheFlushFindsTheDownstreamGone() {
        beginStream();
        deliver(CREATED);
        int reads = upstream.reads;
        sink.onFlush = path::onDownstreamClosed;

        deliver(DELTA);

        assertEquals(reads, upstream.reads);
        assertEquals("DOWNSTREAM_LEFT null", exchange.last());
    }

    @Test
    void shouldEndAResponseThatItsUpstreamDoesNotEnd() {
        beginStream();
        deliver(CREATED + COMPLETED);
        assertEquals(RelayedResponse.NO_TERMINAL, path.relayed().terminalSinceNanos());

        path.relayed().markTerminal(77);
        assertEquals(77, path.relayed().terminalSinceNanos());
        path.relayed().endAfterTerminal();

        assertTrue(upstream.isCancelled);
        assertEquals("ended", sink.end);
        assertEquals("COMPLETED null", exchange.last());
    }

    @Test
    void shouldEndAResponseThatSendsTooMuchAfterItsTerminalEvent() {
        beginStream();
        deliver(CREATED + COMPLETED);
        path.relayed().markTerminal(77);
        sink.canAppend = false;

        deliver(": " + "x".repeat(65 * 1024));

        assertEquals("aborted", sink.end); // inside a chunk of the upstream's
        assertEquals("COMPLETED null", exchange.last());
    }

    @Test
    void shouldAddAnEventBetweenTwoEventsOnly() {
        route = route.withKeepAlive(Duration.ofSeconds(15));
        beginStream();
        deliver(CREATED);
        assertEquals(Duration.ofSeconds(15).toNanos(), path.relayed().keepAliveNanos());

        nowNanos = 9000;
        path.relayed().keepAlive();

        assertTrue(sink.body.toString().endsWith("\"type\":\"keepalive\",\"sequence_number\":0}\n\n"),
                sink.body.toString());
        assertEquals(9000, path.relayed().silentSinceNanos());
        int length = sink.body.length();
        deliver("data: {\"ty");
        path.relayed().keepAlive();
        assertEquals(length + 10, sink.body.length());
    }

    @Test
    void shouldForgetAResponseThatAnotherAttemptReplaces() {
        beginStream();

        path.reset();

        assertFalse(path.hasHead());
        assertEquals(0, path.status());
        begin(503, "text/plain", false, true);
        assertEquals(503, path.status());
    }

    /** The attempt. */
    private static final class Upstream implements ResponseSource {
        private ResponseWay way;
        private int reads;
        private boolean isCancelled;
        private boolean isAlone;

        @Override
        public void deliverTo(ResponseWay next) {
            way = next;
        }

        @Override
        public void read(long heldBytes) {
            reads++;
        }

        @Override
        public void cancel() {
            isCancelled = true;
        }

        @Override
        public void finishAlone() {
            isAlone = true;
        }

        @Override
        public boolean isOver() {
            return isCancelled;
        }
    }

    /** The exchange. */
    private static final class Exchange implements ResponseListener {
        private final List<String> calls = new ArrayList<>();
        private boolean isReplacedNow;

        private String last() {
            return calls.get(calls.size() - 1);
        }

        @Override
        public void onCommit(long nowNanos) {
            calls.add("commit");
        }

        @Override
        public void onCollecting() {
            calls.add("collecting");
        }

        @Override
        public boolean onFailure(Failure failure, boolean isBeginning) {
            calls.add("failure " + (failure == null ? null : failure.code()) + " " + isBeginning);
            return isReplacedNow;
        }

        @Override
        public void onDraining() {
            calls.add("draining");
        }

        @Override
        public void onResponseId(String id) {
            if (!calls.contains("id " + id)) {
                calls.add("id " + id);
            }
        }

        @Override
        public void onEnding() {
            calls.add("ending");
        }

        @Override
        public void onEnded(ExchangeEnd end, String error) {
            calls.add(end + " " + error);
        }

        @Override
        public void onRefused(RelayException refusal) {
            calls.add("refused " + refusal.code().code());
        }
    }
}
