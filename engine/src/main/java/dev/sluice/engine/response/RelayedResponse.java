// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.ResponseSink;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.event.KeepAliveEvent;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.buffer.Unpooled;
import java.time.Instant;

/**
 * A response that is relayed: the bytes of each read are written downstream unchanged, flushed when the read is over,
 * and observed after that.
 *
 * <p>This is the object of a stream's hot path. A read touches, of each stream: the upstream connection with its
 * framing scanner, the attempt, this object, the body's observer with its event scanner, and the sink with its writer.
 * The exchange, the request's path and the plan are not touched between the first read and the end.
 *
 * <p><b>Allocation per event:</b> none.
 */
public final class RelayedResponse implements ResponseWay {
    /** The result of {@link #terminalSinceNanos} before the terminal event. */
    public static final long NO_TERMINAL = Long.MIN_VALUE;

    /** The maximum number of bytes that may follow a terminal event before the relay ends the response. */
    private static final int MAX_BYTES_AFTER_TERMINAL = 64 * 1024;

    private final BodyObserver body;
    private final ResponseSink sink;
    private final ResponseSource source;
    private final BodyObserver.Tools tools;
    private final ResponseListener listener;
    private final RouteConfig route;
    private final LeavePolicy leave;
    private final String lossCode;
    private final int status;
    private ResponseHead head;
    private long lastReadNanos;
    private long endAtBytes = Long.MAX_VALUE;
    private boolean isPaused;
    private boolean isIdReported;
    private boolean isCommitted;
    private boolean isOver;
    private long terminalSinceNanos = NO_TERMINAL;
    private long keptAliveNanos;

    /**
     * @param head     the head to send downstream
     * @param body     observes the body
     * @param sink     the downstream
     * @param source   the attempt
     * @param listener the exchange
     * @param tools    shared by the loop
     * @param route    the route's policies for losses, leaves and silence
     * @param leave    the treatment of a response whose downstream leaves
     * @param lossCode the error code of the event that ends a lost stream; null for the usual one
     */
    RelayedResponse(ResponseHead head, BodyObserver body, ResponseSink sink, ResponseSource source,
            ResponseListener listener, BodyObserver.Tools tools, RouteConfig route, LeavePolicy leave,
            String lossCode) {
        this.lossCode = lossCode;
        this.head = head;
        status = head.status().code();
        this.body = body;
        this.sink = sink;
        this.source = source;
        this.listener = listener;
        this.tools = tools;
        this.route = route;
        this.leave = leave;
        lastReadNanos = tools.nanoTime();
        keptAliveNanos = lastReadNanos;
    }

    @Override
    public void begin() {
        isCommitted = true;
        listener.onCommit(tools.nanoTime());
        sink.writeHead(head);
        head = null; // its headers would otherwise live as long as a quiet stream
    }

    @Override
    public void onBody(BodyPiece piece) {
        lastReadNanos = tools.nanoTime();
        body.add(piece, lastReadNanos);
        sink.relay(piece);
        if (body.bodyBytes() > endAtBytes) {
            endAfterTerminal();
        }
    }

    @Override
    public void onReadComplete() {
        if (isOver) {
            return;
        }
        if (body.hasUnseen()) {
            sink.flush();
            if (isOver) {
                return; // the flush found that the downstream is gone
            }
            body.observeFlushed();
        }
        if (!isIdReported) {
            reportId();
        }
        readOn();
    }

    private void reportId() {
        String id = body.responseId();
        if (id != null) {
            isIdReported = true;
            listener.onResponseId(id);
        }
    }

    private void readOn() {
        if (sink.isWritable()) {
            source.read(sink.pendingBytes());
        } else {
            isPaused = true;
        }
    }

    /** Resumes reading if it was paused and the downstream takes more again. */
    public void onWritabilityChanged() {
        if (isPaused && !isOver && sink.isWritable()) {
            isPaused = false;
            lastReadNanos = tools.nanoTime(); // the silence until now was ours, not the upstream's
            readOn();
        }
    }

    @Override
    public void onEnd(boolean isByClose) {
        body.end();
        if (!isIdReported) {
            reportId();
        }
        if (!body.isComplete(isByClose)) {
            onLost(ErrorCode.UPSTREAM_TRUNCATED);
            return;
        }
        if (!isCommitted) {
            begin();
        }
        listener.onEnding();
        sink.end();
        finish(body.wholeEnd(), null);
    }

    private void finish(ExchangeEnd end, String error) {
        isOver = true;
        listener.onEnded(end, error);
    }

    /** Ends a response whose terminal event has arrived but whose upstream does not end it, or not cleanly. */
    public void endAfterTerminal() {
        body.end();
        source.cancel();
        listener.onEnding();
        if (sink.canAppend()) {
            sink.end();
        } else {
            sink.abort(); // within a chunk of the upstream's: no clean end can be written
        }
        finish(body.wholeEnd(), null);
    }

    @Override
    public void onLost(ErrorCode cause) {
        if (!isCommitted) {
            if (!listener.onFailure(null, false)) {
                listener.onRefused(StreamTerminator.refusal(cause));
            }
            return;
        }
        body.end();
        if (body.isTerminalSeen()) {
            endAfterTerminal(); // the answer is whole, whatever became of its framing
            return;
        }
        listener.onEnding();
        StreamTerminator.end(sink, body, route.onUpstreamLoss(), cause, lossCode, Instant.now().getEpochSecond());
        finish(ExchangeEnd.UPSTREAM_LOST, cause.code());
    }

    @Override
    public void onDownstreamClosed() {
        isOver = true; // for this way: the exchange ends, or another way replaces this one
        leave.onDownstreamClosed(body, source, listener, status());
    }

    /** Stops the relaying, because the exchange has ended for another reason. */
    void stop() {
        isOver = true;
    }

    /**
     * Records the time at which the terminal event was first noticed; called at every tick.
     *
     * @param nowNanos the clock's time
     */
    public void markTerminal(long nowNanos) {
        if (terminalSinceNanos == NO_TERMINAL && body.isTerminalSeen()) {
            terminalSinceNanos = nowNanos;
            endAtBytes = body.bodyBytes() + MAX_BYTES_AFTER_TERMINAL;
        }
    }

    /** {@return the time at which the terminal event was noticed, or {@link #NO_TERMINAL}} */
    public long terminalSinceNanos() {
        return terminalSinceNanos;
    }

    /** {@return whether reading is paused until the downstream takes more} */
    public boolean isPaused() {
        return isPaused;
    }

    /** {@return the number of bytes that the downstream has not taken yet} */
    public long pendingBytes() {
        return sink.pendingBytes();
    }

    /** {@return the time of the latest read or keep-alive event, whichever is later; silence is counted from it} */
    public long silentSinceNanos() {
        return keptAliveNanos - lastReadNanos > 0 ? keptAliveNanos : lastReadNanos;
    }

    /** {@return the silence in nanoseconds after which a keep-alive event is added; 0 for never} */
    public long keepAliveNanos() {
        return body.isEventStream() ? route.keepAlive().toNanos() : 0;
    }

    /** Adds a keep-alive event if the stream is between two events. */
    public void keepAlive() {
        byte[] event = sink.canAppend() ? KeepAliveEvent.of(body.events()) : null;
        if (event != null) {
            keptAliveNanos = tools.nanoTime();
            sink.append(Unpooled.wrappedBuffer(event));
            sink.flush();
        }
    }

    @Override
    public long lastReadNanos() {
        return lastReadNanos;
    }

    @Override
    public int status() {
        return status;
    }
}
