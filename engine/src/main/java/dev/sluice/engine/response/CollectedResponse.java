// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.ResponseSink;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.ResponseCollector;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;

/**
 * An event stream that is collected to one JSON document, because the downstream asked for a document and the upstream
 * only streams. It is bounded by the maximum size of held bodies and by the memory budget of all bodies of the relay.
 */
final class CollectedResponse implements ResponseWay {
    /** Headers that describe the bytes of the stream, which the downstream does not receive. */
    private static final List<String> OF_THE_STREAM = List.of("cache-control", "x-accel-buffering", "etag", "digest",
            "content-digest", "repr-digest", "content-md5", "accept-ranges", "last-modified");

    private final ResponseCollector collector;
    private final MemoryBudget budget;
    private final BodyObserver body;
    private final ResponseSink sink;
    private final ResponseSource source;
    private final ResponseListener listener;
    private final BodyObserver.Tools tools;
    private final LeavePolicy leave;
    private ResponseHead head;
    private boolean isIdReported;
    private boolean isBegun;
    private long reservedBytes;
    private long lastReadNanos;

    CollectedResponse(ResponseHead head, long maxBytes, MemoryBudget budget, BodyObserver body, ResponseSink sink,
            ResponseSource source, ResponseListener listener, BodyObserver.Tools tools, LeavePolicy leave) {
        this.head = head;
        this.budget = budget;
        this.body = body;
        this.sink = sink;
        this.source = source;
        this.listener = listener;
        this.tools = tools;
        this.leave = leave;
        collector = new ResponseCollector(maxBytes);
        lastReadNanos = tools.nanoTime();
    }

    @Override
    public void begin() {
        isBegun = true;
        listener.onCollecting();
    }

    @Override
    public void onBody(BodyPiece piece) {
        lastReadNanos = tools.nanoTime();
        ResponseCollector.Answer answer;
        try {
            answer = collect(piece);
        } catch (RelayException tooMuch) {
            piece.bytes().release();
            listener.onRefused(tooMuch);
            return;
        }
        body.add(piece, lastReadNanos);
        piece.bytes().release();
        body.observe();
        reportId();
        if (answer != null) {
            answer(answer);
        }
    }

    private ResponseCollector.Answer collect(BodyPiece piece) {
        collector.add(piece.bytes(), piece.runs(), tools.scratch());
        long more = collector.keptBytes() - reservedBytes;
        if (more > 0 && !budget.tryReserve(more)) {
            throw RelayException.of(ErrorCode.RELAY_OVERLOADED, "The relay has no memory left for bodies");
        }
        reservedBytes += Math.max(0, more);
        return collector.answer();
    }

    private void reportId() {
        if (!isIdReported && body.responseId() != null) {
            isIdReported = true;
            listener.onResponseId(body.responseId());
        }
    }

    private void answer(ResponseCollector.Answer answer) {
        boolean hasFailed = answer.failure() != null || !answer.isWhole();
        if (hasFailed && listener.onFailure(answer.failure(), answer.failure() != null && answer.isFirst())) {
            return; // another endpoint is asked
        }
        HttpHeaders headers = head.headers();
        OF_THE_STREAM.forEach(headers::remove);
        headers.set("content-type", "application/json");
        head = new ResponseHead(HttpResponseStatus.valueOf(answer.status()), headers, answer.body().length);
        listener.onEnding();
        sink.writeHead(head);
        sink.append(Unpooled.wrappedBuffer(answer.body()));
        sink.end();
        source.finishAlone();
        listener.onEnded(!answer.isWhole() ? ExchangeEnd.UPSTREAM_LOST
                : answer.error() == null ? ExchangeEnd.COMPLETED : ExchangeEnd.FAILED, answer.error());
    }

    @Override
    public void onReadComplete() {
        source.read(0);
    }

    @Override
    public void onEnd(boolean isByClose) {
        if (!isBegun) {
            begin();
        }
        body.end();
        reportId();
        ResponseCollector.Answer answer;
        try {
            answer = collector.end();
        } catch (RelayException tooMuch) {
            listener.onRefused(tooMuch);
            return;
        }
        answer(answer);
    }

    @Override
    public void onLost(ErrorCode cause) {
        if (!listener.onFailure(null, false)) {
            listener.onRefused(StreamTerminator.refusal(cause == ErrorCode.UPSTREAM_CLOSED
                    ? ErrorCode.UPSTREAM_TRUNCATED : cause));
        }
    }

    @Override
    public void onDownstreamClosed() {
        leave.onDownstreamClosed(body, source, listener, head.status().code());
    }

    @Override
    public long lastReadNanos() {
        return lastReadNanos;
    }

    @Override
    public int status() {
        return head.status().code();
    }

    /** Releases the memory that was reserved; idempotent. */
    void release() {
        budget.release(reservedBytes);
        reservedBytes = 0;
    }
}
