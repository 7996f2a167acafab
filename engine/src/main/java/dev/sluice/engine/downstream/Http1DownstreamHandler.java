// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.ExchangeId;
import dev.sluice.engine.http.ExchangeStarter;
import dev.sluice.engine.http.HeadParser;
import dev.sluice.engine.http.Refusal;
import dev.sluice.engine.http.RequestListener;
import dev.sluice.engine.http.RequestSource;
import dev.sluice.engine.http.ResponseSink;
import dev.sluice.engine.http.TlsVersion;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.framing.BodyPiece;
import dev.sluice.protocol.framing.BodyRuns;
import dev.sluice.protocol.framing.ChunkHead;
import dev.sluice.protocol.framing.FramingException;
import dev.sluice.protocol.framing.HeadCollector;
import dev.sluice.protocol.framing.HeadScanner;
import dev.sluice.protocol.framing.HeaderLines;
import dev.sluice.protocol.framing.TransferScanner;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ssl.ApplicationProtocolNames;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/1.1 connection from a downstream. Requests arrive one after the other, and each of them becomes an exchange.
 *
 * <p>Reads are requested one at a time. While a response is in flight, one read stays outstanding because some
 * transports notice a closed peer only by reading. Bytes that arrive with that read (a pipelined request) are kept
 * until the response has ended.
 *
 * <p><b>Threading:</b> one instance per connection, confined to its loop.
 *
 * <p><b>Ownership:</b> takes every buffer that is read; body bytes are passed on to the exchange.
 *
 * <p><b>Pipeline position:</b> last; after the TLS handler, if there is one.
 */
final class Http1DownstreamHandler extends ChannelInboundHandlerAdapter implements RequestSource, Tickable {
    private static final Logger LOG = LoggerFactory.getLogger(Http1DownstreamHandler.class);
    private static final int MAX_PIPELINED_BYTES = 64 * 1024;

    private final boolean isFirstReadHere;
    private final TimeoutConfig timeouts;
    private final Function<EventLoop, ExchangeStarter> starters;
    private final HeadCollector heads;
    private final TransferScanner body = new TransferScanner();

    private ChannelHandlerContext ctx;
    private ExchangeStarter starter;
    private LoopTicker.Entry tick;
    private State state = State.HEAD;
    private ByteBuf arrived;
    private boolean isBodyWanted;
    private boolean isResuming;
    private RequestListener exchange;
    private Http1ResponseWriter response;
    private boolean isKeepAlive;
    private boolean isHttp10;
    private long sinceNanos;
    private long discardedBytes;
    private long lastPendingBytes;

    /**
     * @param isFirstReadHere whether another handler has already read the connection's first bytes and is about to pass
     *                        them on to this one
     */
    Http1DownstreamHandler(DownstreamSettings settings, boolean isFirstReadHere) {
        this.isFirstReadHere = isFirstReadHere;
        timeouts = settings.timeouts();
        starters = settings.starters();
        LimitConfig limits = settings.limits();
        heads = new HeadCollector(HeadScanner.ofRequests(limits.maxTargetBytes(), limits.maxHeadBytes()));
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        starter = starters.apply(context.channel().eventLoop());
        if (context.channel().isActive()) {
            open();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        open();
    }

    private void open() {
        if (tick == null) {
            sinceNanos = starter.ticker().nanoTime();
            tick = starter.ticker().add(this);
            if (!isFirstReadHere) {
                ctx.read();
            }
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        switch (state) {
            case HEAD -> {
                if (isResuming) {
                    keep(bytes); // queues behind the pipelined bytes
                } else {
                    onHeadBytes(bytes);
                }
            }
            case BODY -> {
                keep(bytes);
                deliverBody();
            }
            case ANSWERING -> keep(bytes);
            case DISCARDING -> discard(bytes);
            default -> bytes.release();
        }
    }

    /** Keeps bytes that cannot be handled yet: body bytes that were not requested, or a pipelined request. */
    private void keep(ByteBuf bytes) {
        if (arrived == null) {
            arrived = bytes;
            return;
        }
        if (state != State.BODY && arrived.readableBytes() + bytes.readableBytes() > MAX_PIPELINED_BYTES) {
            bytes.release();
            ctx.close();
            return;
        }
        arrived = Unpooled.wrappedBuffer(arrived, bytes);
    }

    private void onHeadBytes(ByteBuf bytes) {
        if (!heads.isMidHead()) {
            sinceNanos = starter.ticker().nanoTime();
        }
        try {
            ByteBuf head = heads.collect(bytes);
            if (head != null) {
                onHead(head, heads.headEnd());
            }
        } catch (FramingException e) {
            refuseHead(RelayException.of(codeOf(e), e.getMessage()));
        }
    }

    private static ErrorCode codeOf(FramingException e) {
        return switch (e.fault()) {
            case MALFORMED -> ErrorCode.DOWNSTREAM_BAD_REQUEST;
            case START_LINE_TOO_LONG -> ErrorCode.DOWNSTREAM_TARGET_TOO_LONG;
            case HEAD_TOO_LARGE -> ErrorCode.DOWNSTREAM_HEAD_TOO_LARGE;
            case VERSION -> ErrorCode.DOWNSTREAM_VERSION_UNSUPPORTED;
        };
    }

    /** Takes {@code bytes}, which contain a complete head that ends at index {@code end}. */
    private void onHead(ByteBuf bytes, int end) {
        Http1Request request;
        try {
            request = RequestHeadCheck.check(HeadParser.request(bytes, bytes.readerIndex(), end),
                    ctx.channel().remoteAddress());
        } catch (RelayException e) {
            bytes.release();
            refuseHead(e);
            return;
        }
        bytes.readerIndex(end);
        if (bytes.isReadable()) {
            arrived = bytes;
        } else {
            bytes.release();
        }
        startExchange(request);
    }

    private void startExchange(Http1Request head) {
        DownstreamRequest request = head.request();
        if (request.bodyBytes() < 0) {
            body.resetToChunked();
        } else {
            body.resetToLength(request.bodyBytes());
        }
        isKeepAlive = head.isKeepAlive();
        isHttp10 = head.isHttp10();
        isBodyWanted = false;
        state = State.BODY;
        response = new Http1ResponseWriter(ctx, this, head);
        exchange = starter.newExchange(request, this);
        exchange.start();
    }

    private void refuseHead(RelayException refusal) {
        starter.onHeadRefused(refusal);
        isKeepAlive = false;
        // drop what still arrives for a while, so that the downstream sees the refusal and not a reset
        body.resetToClose();
        response = new Http1ResponseWriter(ctx, this, Http1Request.UNREADABLE);
        state = State.BODY;
        Refusal.write(response, ExchangeId.next(), refusal);
    }

    @Override
    public void readBody() {
        isBodyWanted = true;
        if (arrived != null || body.isEnded()) {
            deliverBody();
        } else if (state == State.BODY) {
            ctx.read();
        }
    }

    private void deliverBody() {
        if (!isBodyWanted || state != State.BODY) {
            return;
        }
        isBodyWanted = false;
        RequestListener listener = exchange;
        if (arrived != null && !body.isEnded()) {
            ByteBuf bytes = arrived;
            arrived = null;
            try {
                scanBody(bytes, listener);
            } catch (FramingException e) {
                bytes.release();
                isKeepAlive = false;
                listener.onBodyFailure(RelayException.of(ErrorCode.DOWNSTREAM_BAD_REQUEST, e.getMessage()));
                return;
            }
        }
        if (body.isEnded() && state == State.BODY && exchange == listener) {
            state = State.ANSWERING;
            listener.onBodyEnd();
            if (state == State.ANSWERING && exchange == listener && arrived == null) {
                ctx.read(); // stays outstanding while the response is in flight
            }
        }
        if (exchange == listener && listener != null) {
            listener.onReadComplete();
        }
    }

    private void scanBody(ByteBuf bytes, RequestListener listener) {
        BodyPiece piece = starter.requestPiece();
        int end = body.scan(bytes, bytes.readerIndex(), bytes.writerIndex(), piece);
        if (end < bytes.writerIndex()) {
            arrived = bytes.retainedSlice(end, bytes.writerIndex() - end);
        }
        BodyRuns runs = piece.runs();
        if (runs.count() == 1) {
            listener.onBody(bytes.setIndex(runs.start(0), runs.end(0)));
            return;
        }
        if (runs.count() > 1) {
            // Join many small chunks, because an object per chunk would be costly and each one would keep the whole
            // read buffer alive.
            ByteBuf joined = ctx.alloc().directBuffer((int) runs.totalBytes());
            for (int i = 0; i < runs.count(); i++) {
                joined.writeBytes(bytes, runs.start(i), runs.length(i));
            }
            listener.onBody(joined);
        }
        bytes.release();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (state == State.HEAD && !isResuming || state == State.DISCARDING) {
            ctx.read();
        }
    }

    /** Returns whether the connection stays open after the response that is about to be written. */
    boolean isStayingOpen(boolean isCloseDelimited) {
        isKeepAlive &= !isCloseDelimited && !starter.isDraining() && !(state == State.BODY && !body.isEnded());
        return isKeepAlive;
    }

    void onResponseEnd(boolean isCloseDelimited) {
        exchange = null;
        if (response.pendingBytes() > 0) {
            starter.onTailBegun();
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> starter.onTailEnded());
        }
        if (state == State.CLOSED) {
            return;
        }
        if (isKeepAlive && !isCloseDelimited) {
            nextRequest();
        } else if (state == State.BODY && !body.isEnded() && !response.isContinueWanted()) {
            state = State.DISCARDING;
            discardedBytes = 0;
            sinceNanos = starter.ticker().nanoTime();
            releaseArrived();
            ctx.read();
        } else {
            closeAfterFlush();
        }
    }

    void onResponseAbort() {
        exchange = null;
        closeAfterFlush();
    }

    private void closeAfterFlush() {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSING;
        sinceNanos = starter.ticker().nanoTime();
        releaseArrived();
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> closeNow());
    }

    @Override
    public void closeNow() {
        boolean isReset = response != null && response.isResetOnClose();
        // Close below the TLS handler, if there is one, because its close_notify would make a broken end look clean.
        ChannelHandlerContext from = isReset ? ctx.pipeline().firstContext() : ctx;
        if (from != null) {
            from.close();
        }
    }

    @Override
    public void switchTo(HttpHeaders headers, ChannelHandler next) {
        exchange = null;
        state = State.CLOSED; // for HTTP
        if (tick != null) {
            starter.ticker().remove(tick);
        }
        ByteBuf rest = arrived;
        arrived = null;
        ByteBuf head = ctx.alloc().buffer();
        ByteBufUtil.writeAscii(head, "HTTP/1.1 101 Switching Protocols\r\n");
        HeaderLines.write(head, "upgrade", "websocket");
        HeaderLines.write(head, "connection", "Upgrade");
        headers.forEach(header -> HeaderLines.write(head, header.getKey(), header.getValue()));
        ChunkHead.writeCrlf(head);
        ctx.pipeline().addAfter(ctx.name(), null, next); // counted before the downstream can know that it is accepted
        ctx.writeAndFlush(head, ctx.voidPromise());
        if (rest != null) {
            ctx.fireChannelRead(rest);
            ctx.fireChannelReadComplete();
        }
        ctx.pipeline().remove(this);
    }

    private void nextRequest() {
        state = State.HEAD;
        sinceNanos = starter.ticker().nanoTime();
        heads.reset();
        if (arrived == null) {
            ctx.read();
            return;
        }
        // Resume in a new task, so that a flood of pipelined requests does not build a deep stack.
        isResuming = true;
        ctx.executor().execute(this::resume);
    }

    private void resume() {
        isResuming = false;
        if (state == State.HEAD && arrived != null) {
            ByteBuf pipelined = arrived;
            arrived = null;
            onHeadBytes(pipelined);
            channelReadComplete(ctx);
        }
    }

    private void discard(ByteBuf bytes) {
        discardedBytes += bytes.readableBytes();
        bytes.release();
        if (discardedBytes > Lingering.MAX_BYTES) {
            ctx.close();
        }
    }

    @Override
    public void onTick(long nowNanos) {
        if (state == State.HEAD && heads.isMidHead()) {
            if (nowNanos - sinceNanos > timeouts.requestHead().toNanos()) {
                refuseHead(RelayException.of(ErrorCode.DOWNSTREAM_TOO_SLOW, "head: incomplete after "
                        + timeouts.requestHead().toMillis() + " ms (expected: a complete head within that time)"));
            }
            return;
        }
        if (state == State.DISCARDING) {
            if (nowNanos - sinceNanos > Lingering.NANOS) {
                ctx.close();
            }
            return;
        }
        if (state == State.HEAD || state == State.CLOSING) {
            closeIfIdle(nowNanos);
        }
        // In all other states the exchange's own deadlines apply.
    }

    /**
     * Closes an idle connection. A connection whose pending bytes still change is not idle, because a slow downstream
     * may be reading the end of a response.
     */
    private void closeIfIdle(long nowNanos) {
        long pendingBytes = response == null ? 0 : response.pendingBytes();
        if (pendingBytes != lastPendingBytes) {
            lastPendingBytes = pendingBytes;
            sinceNanos = nowNanos;
        }
        Duration limit = state == State.HEAD && pendingBytes == 0 ? timeouts.downstreamIdle() : timeouts.writeStall();
        if (nowNanos - sinceNanos > limit.toNanos()) {
            closeNow();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (exchange != null) {
            exchange.onWritabilityChanged();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        state = State.CLOSED;
        if (tick != null) {
            starter.ticker().remove(tick);
        }
        RequestListener listener = exchange;
        exchange = null;
        if (listener != null) {
            listener.onDownstreamClosed();
        }
        releaseArrived();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        state = State.CLOSED;
        releaseArrived();
    }

    private void releaseArrived() {
        if (arrived != null) {
            arrived.release();
            arrived = null;
        }
        heads.release();
        if (response != null && state == State.CLOSED) {
            response.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException || cause instanceof DecoderException) { // the latter is broken TLS
            LOG.debug("downstream connection lost: {}", cause.toString());
        } else {
            LOG.warn("downstream connection closed because of an unexpected error", cause);
        }
        closeNow();
    }

    @Override
    public String tls() {
        return TlsVersion.of(ctx.channel());
    }

    @Override
    public String protocol() {
        return isHttp10 ? "http/1.0" : ApplicationProtocolNames.HTTP_1_1;
    }

    @Override
    public ResponseSink response() {
        return response;
    }

    /** The states of a connection, in the order in which an untroubled exchange passes through them. */
    private enum State {
        /** Between requests, or within a request head. */
        HEAD,
        /** An exchange has started and its request body has not ended. */
        BODY,
        /** The request is complete; its response is not. */
        ANSWERING,
        /**
         * The response is complete but its request is not: a bounded part of the rest is read and dropped before the
         * close.
         */
        DISCARDING,
        /** The last bytes are being flushed; then the connection closes. */
        CLOSING,
        /** The connection is closed. */
        CLOSED
    }
}
