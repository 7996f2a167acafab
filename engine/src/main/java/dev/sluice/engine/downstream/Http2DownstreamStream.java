// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.ExchangeStarter;
import dev.sluice.engine.http.RequestListener;
import dev.sluice.engine.http.RequestSource;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.ResponseSink;
import dev.sluice.engine.http.TlsVersion;
import dev.sluice.engine.http2.Http2Fields;
import dev.sluice.engine.http2.Http2Handler;
import dev.sluice.engine.http2.OutboundBody;
import dev.sluice.engine.loop.Buffers;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.framing.BodyPiece;
import dev.sluice.protocol.framing.BodyRuns;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.ssl.ApplicationProtocolNames;
import java.util.ArrayDeque;

/**
 * One request and its response on an HTTP/2 connection.
 *
 * <p>The stream's flow-control window is returned when the exchange asks for more of the body, which it does after it
 * has handled what it received. The bytes that can arrive until then are bounded by the window and by the memory budget
 * of all bodies.
 *
 * <p><b>Threading:</b> confined to the connection's loop. <b>Ownership:</b> owns received bytes until the exchange
 * takes them, and bytes to send until they are written. <b>Allocation per event:</b> none.
 */
final class Http2DownstreamStream implements RequestSource, ResponseSink, OutboundBody.Sender,
        Http2Handler.Touched {
    /** The largest DATA frame that is copied. A slice of a small frame would keep the whole read buffer alive. */
    private static final int COPY_BYTES = 4 * 1024;

    private final Http2Handler<?> connection;
    private final Http2Stream stream;
    private final MemoryBudget budget;
    private final ExchangeStarter starter;
    private final OutboundBody out;
    private final ArrayDeque<ByteBuf> arrived = new ArrayDeque<>(2);

    private RequestListener exchange;
    private ByteBuf arrivedTail;
    private int arrivedBytes;
    private int unreturnedBytes;
    private boolean isBodyWanted;
    private boolean isBodyEnded;
    private boolean isBodyEndTold;
    private boolean isTouched;
    private boolean isTail;
    private boolean isDiscarding;
    private long discardedBytes;
    private long discardSinceNanos;
    private boolean isContinueWanted;
    private boolean isHead;
    private boolean isHeadWritten;
    private boolean isBodiless;
    private boolean hasLength;
    private int lastPendingBytes;
    private long sentSinceNanos;

    /**
     * @param isEnded whether the request ends with its head, so that it has no body
     */
    Http2DownstreamStream(Http2Handler<?> connection, Http2Stream stream, MemoryBudget budget, ExchangeStarter starter,
            boolean isEnded) {
        this.connection = connection;
        this.stream = stream;
        this.budget = budget;
        this.starter = starter;
        isBodyEnded = isEnded;
        out = new OutboundBody(connection, stream, this);
    }

    void start(DownstreamRequest request) {
        isHead = request.method().equals("HEAD");
        isContinueWanted = request.expectsContinue() && !isBodyEnded;
        exchange = starter.newExchange(request, this);
        exchange.start();
    }

    /** Borrows the bytes of a DATA frame; returns how much of its window is returned at once. */
    int onData(ByteBuf data, int padding, boolean isEnd) {
        int length = data.readableBytes();
        isBodyEnded |= isEnd;
        if (exchange == null) {
            discard(length);
            return length + padding;
        }
        if (length > 0 && !budget.tryReserve(length)) {
            exchange.onBodyFailure(RelayException.of(ErrorCode.RELAY_OVERLOADED,
                    "The relay has no memory left for request bodies"));
            return length + padding;
        }
        keep(data, length);
        if (!isTouched) {
            isTouched = true;
            connection.touch(this);
        }
        return padding;
    }

    /** Drops request bytes after the response has ended, up to a bound. */
    private void discard(int length) {
        discardedBytes += length;
        if (isDiscarding && !isBodyEnded && discardedBytes > Lingering.MAX_BYTES) {
            connection.reset(stream, Http2Error.NO_ERROR);
        }
    }

    private void keep(ByteBuf data, int length) {
        arrivedBytes += length;
        if (length > COPY_BYTES) {
            arrivedTail = null;
            arrived.add(Buffers.isWasteful(data, length) ? connection.context().alloc().directBuffer(length)
                    .writeBytes(data, data.readerIndex(), length) : data.retainedSlice());
        } else if (length > 0) {
            if (arrivedTail == null || arrivedTail.maxFastWritableBytes() < length) {
                arrivedTail = connection.context().alloc().directBuffer(COPY_BYTES);
                arrived.add(arrivedTail);
            }
            arrivedTail.writeBytes(data, data.readerIndex(), length);
        }
    }

    /** Ends the body at its trailer section, which is dropped. */
    void onTrailers() {
        isBodyEnded = true;
        onReadComplete();
    }

    @Override
    public void onReadComplete() {
        isTouched = false;
        if (isBodyWanted && exchange != null && (arrivedBytes > 0 || isBodyEnded)) {
            isBodyWanted = false;
            deliver(exchange);
        }
    }

    private void deliver(RequestListener listener) {
        unreturnedBytes += arrivedBytes;
        budget.release(arrivedBytes);
        arrivedBytes = 0;
        arrivedTail = null;
        for (ByteBuf bytes = arrived.poll(); bytes != null; bytes = arrived.poll()) {
            listener.onBody(bytes); // an exchange that has ended releases it
        }
        if (isBodyEnded && !isBodyEndTold && exchange == listener) {
            isBodyEndTold = true;
            listener.onBodyEnd();
        }
        if (exchange == listener) {
            listener.onReadComplete();
        }
    }

    @Override
    public void readBody() {
        isBodyWanted = true;
        int bytes = unreturnedBytes;
        unreturnedBytes = 0;
        connection.consume(stream, bytes);
        if (!isTouched) {
            onReadComplete();
        }
    }

    @Override
    public String tls() {
        return TlsVersion.of(connection.channel());
    }

    @Override
    public String protocol() {
        return ApplicationProtocolNames.HTTP_2;
    }

    @Override
    public ResponseSink response() {
        return this;
    }

    @Override
    public void sendContinue() {
        if (isContinueWanted) {
            isContinueWanted = false;
            writeHeaders(Http2Fields.newFields().status(HttpResponseStatus.CONTINUE.codeAsText()), false);
            flush();
        }
    }

    @Override
    public void writeHead(ResponseHead head) {
        Http2Headers headers = Http2Fields.newFields().status(head.status().codeAsText());
        Http2Fields.addTo(headers, head.headers());
        hasLength = head.bodyBytes() >= 0 && !head.isBodiless();
        if (hasLength) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(head.bodyBytes()));
        }
        isBodiless = isHead || head.isBodiless();
        isHeadWritten = true;
        writeHeaders(headers, false);
    }

    private void writeHeaders(Http2Headers headers, boolean isEnd) {
        connection.encoder().writeHeaders(connection.context(), stream.id(), headers, 0, isEnd,
                connection.context().newPromise());
    }

    @Override
    public void relay(BodyPiece piece) {
        ByteBuf read = piece.bytes();
        BodyRuns runs = piece.runs();
        for (int i = 0; i < runs.count() && !isBodiless; i++) {
            out.append(read, runs.start(i), runs.length(i));
        }
        read.release();
    }

    @Override
    public void append(ByteBuf bytes) {
        if (isBodiless) {
            bytes.release();
        } else {
            out.append(bytes);
        }
    }

    @Override
    public boolean canAppend() {
        return !hasLength && !isBodiless;
    }

    @Override
    public void flush() {
        connection.flushSoon();
    }

    @Override
    public void end() {
        beginTail();
        out.end();
        flush();
    }

    @Override
    public void abort() {
        beginTail();
        out.abort(Http2Error.INTERNAL_ERROR);
        flush();
    }

    /** Ends the exchange; the rest of its response may have to wait for the downstream's window. */
    private void beginTail() {
        exchange = null;
        if (stream.state() != Http2Stream.State.CLOSED) { // a closed stream would never report the end of its tail
            isTail = true;
            starter.onTailBegun();
        }
    }

    private void endTail() {
        if (isTail) {
            isTail = false;
            starter.onTailEnded();
        }
    }

    @Override
    public void onBodyWritable() {
        if (exchange != null) {
            exchange.onWritabilityChanged();
        }
    }

    @Override
    public void onBodySent() {
        endTail();
        // RFC 9113 section 8.1: the response is complete and the rest of the request is not needed. Do not reset the
        // stream at once: request bytes may be in flight, and curl 7.88 drops a response that arrives together with a
        // reset.
        isDiscarding = !isBodyEnded;
        discardSinceNanos = starter.ticker().nanoTime();
    }

    @Override
    public boolean isWritable() {
        return out.isWritable();
    }

    @Override
    public long pendingBytes() {
        return out.pendingBytes();
    }

    @Override
    public void closeNow() {
        exchange = null;
        connection.reset(stream, Http2Error.CANCEL);
    }

    /** Returns whether the request has not been answered yet, so that a reset by the downstream wastes the work. */
    boolean isUnanswered() {
        return exchange != null && !isHeadWritten;
    }

    /**
     * Closes the stream if it is stalled. A stream whose pending bytes still change is not stalled, because a slow
     * downstream may be reading the end of a response.
     */
    void closeIfStalled(long nowNanos, long limitNanos) {
        if (isDiscarding && !isBodyEnded && nowNanos - discardSinceNanos > Lingering.NANOS) {
            connection.reset(stream, Http2Error.NO_ERROR);
            return;
        }
        if (exchange != null || out.isEndWritten() || out.pendingBytes() != lastPendingBytes) {
            lastPendingBytes = out.pendingBytes();
            sentSinceNanos = nowNanos;
        } else if (nowNanos - sentSinceNanos > limitNanos) {
            closeNow();
        }
    }

    /** Releases everything; the stream has closed. */
    void onClosed() {
        RequestListener listener = exchange;
        exchange = null;
        if (!out.isEndWritten()) {
            endTail(); // otherwise onBodySent ends the tail, once the end has been sent
        }
        out.close();
        budget.release(arrivedBytes);
        arrivedBytes = 0;
        arrivedTail = null;
        for (ByteBuf bytes = arrived.poll(); bytes != null; bytes = arrived.poll()) {
            bytes.release();
        }
        if (listener != null) {
            listener.onDownstreamClosed();
        }
    }
}
