// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.http.HeadParser;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.TlsVersion;
import dev.sluice.engine.http.UpstreamConnection;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.engine.http.UpstreamRequest;
import dev.sluice.engine.loop.CoalescingWriter;
import dev.sluice.engine.loop.Transport;
import dev.sluice.protocol.framing.BodyPiece;
import dev.sluice.protocol.framing.ChunkHead;
import dev.sluice.protocol.framing.FramingException;
import dev.sluice.protocol.framing.HeadCollector;
import dev.sluice.protocol.framing.HeadScanner;
import dev.sluice.protocol.framing.TransferScanner;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.ssl.ApplicationProtocolNames;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/1.1 connection to an endpoint. It carries one exchange after the other and waits in its pool in between.
 *
 * <p>While the connection is idle, one read stays outstanding, so that a close or any received byte removes it from the
 * pool at once. With io_uring, such a read would hide received bytes from the kernel's answer to {@link #isUsable};
 * there, a close is noticed when the connection is taken from the pool. An unsolicited byte is never taken for the next
 * response.
 *
 * <p><b>Threading:</b> one instance per connection, confined to its loop.
 *
 * <p><b>Ownership:</b> takes every buffer that is read; those with body bytes are passed on to the listener.
 *
 * <p><b>Pipeline position:</b> last; after the TLS handler, if there is one.
 */
final class Http1UpstreamHandler extends ChannelInboundHandlerAdapter implements UpstreamConnection {
    private static final Logger LOG = LoggerFactory.getLogger(Http1UpstreamHandler.class);
    private static final int MAX_LINE_BYTES = 8 * 1024;
    private static final int HEAD_BYTES = 1024;
    private static final int MAX_HEAD_BYTES = 64 * 1024;
    private static final int SWITCHING_PROTOCOLS = 101;
    private static final int MAX_INFORMATIONAL = 32;

    private final Endpoint endpoint;
    private final Pool pool;
    private final long endOfLifeNanos;
    private final HeadCollector heads = new HeadCollector(HeadScanner.ofResponses(MAX_LINE_BYTES, MAX_HEAD_BYTES));
    private final TransferScanner body = new TransferScanner();
    private final BodyPiece piece;

    private ChannelHandlerContext ctx;
    private CoalescingWriter out;
    private State state = State.IDLE;
    private UpstreamListener listener;
    private boolean isReused;
    private boolean isChunked;
    private boolean isRequestEnded;
    private boolean hasResponseBytes;
    private boolean isKeepAlive;
    private long idleSinceNanos;
    private int exchanges;
    private int informational;

    Http1UpstreamHandler(Endpoint endpoint, Pool pool) {
        this.endpoint = endpoint;
        this.pool = pool;
        piece = pool.piece();
        endOfLifeNanos = pool.endOfLifeNanos();
    }

    /** Returns whether the connection has exceeded its lifetime. */
    boolean isOld(long nowNanos) {
        return endOfLifeNanos != Long.MAX_VALUE && nowNanos - endOfLifeNanos > 0;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        out = new CoalescingWriter(context);
    }

    /** Assigns the connection to an attempt. */
    void assign(UpstreamListener attempt) {
        listener = attempt;
        state = State.HEAD;
        isReused = exchanges++ > 0;
        isRequestEnded = false;
        hasResponseBytes = false;
        informational = 0;
        heads.reset();
    }

    @Override
    public void writeHead(UpstreamRequest request) {
        isChunked = request.bodyBytes() < 0;
        Http1RequestHead.write(out.room(HEAD_BYTES), request, endpoint);
    }

    @Override
    public void writeBody(ByteBuf bytes) {
        int length = bytes.readableBytes();
        if (!isChunked) {
            out.write(bytes);
        } else if (length == 0) {
            bytes.release(); // an empty chunk would end the body
        } else {
            ChunkHead.write(out.room(ChunkHead.bytes(length)), length);
            out.write(bytes);
            ChunkHead.writeCrlf(out.room(2));
        }
    }

    @Override
    public void endRequest() {
        if (isRequestEnded) {
            return; // a second end would look like the start of another request
        }
        if (isChunked) {
            ChunkHead.writeLast(out.room(5));
        }
        isRequestEnded = true;
    }

    @Override
    public void flush() {
        out.flush();
    }

    @Override
    public void read(long heldBytes) {
        ctx.read();
    }

    @Override
    public boolean isWritable() {
        return ctx.channel().isWritable();
    }

    @Override
    public long pendingBytes() {
        return out.pendingBytes();
    }

    @Override
    public void cancel() {
        listener = null;
        close();
    }

    private void close() {
        state = State.CLOSED;
        ctx.close();
    }

    @Override
    public String tls() {
        return TlsVersion.of(ctx.channel());
    }

    @Override
    public String protocol() {
        return ApplicationProtocolNames.HTTP_1_1;
    }

    @Override
    public boolean isReused() {
        return isReused;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            switch (state) {
                case HEAD -> onHeadBytes(bytes);
                case BODY -> onBodyBytes(bytes);
                case IDLE -> {
                    pool.onUnsolicited(bytes.readableBytes());
                    bytes.release();
                    close();
                }
                default -> bytes.release();
            }
        } catch (FramingException e) {
            fail(AttemptFailure.Kind.MALFORMED, e.getMessage());
        }
    }

    private void onHeadBytes(ByteBuf bytes) {
        hasResponseBytes = true;
        ByteBuf next = bytes;
        while (next != null) {
            ByteBuf head = heads.collect(next);
            next = head == null ? null : onHead(head);
        }
    }

    /** Takes a buffer that begins with a head; returns the rest of it if another head follows, otherwise null. */
    private ByteBuf onHead(ByteBuf bytes) {
        long bodyBytes = -1;
        DefaultHttpResponse response;
        boolean isFinal;
        try {
            response = HeadParser.response(bytes, bytes.readerIndex(), heads.headEnd());
            bytes.readerIndex(heads.headEnd());
            isFinal = isFinal(response.status().code());
            if (isFinal) {
                bodyBytes = ResponseHeadCheck.prepare(body, response);
            } else {
                ResponseHeadCheck.check(response);
            }
        } catch (FramingException e) {
            bytes.release();
            throw e;
        }
        if (isFinal) {
            onFinalHead(response, bodyBytes, bytes);
            return null;
        }
        heads.reset(); // RFC 9110 section 15.2: an informational response; the final one follows
        if (bytes.isReadable()) {
            return bytes;
        }
        bytes.release();
        return null;
    }

    private boolean isFinal(int status) {
        if (status < 100 || status > 999 || status == SWITCHING_PROTOCOLS) {
            throw new FramingException(FramingException.Fault.MALFORMED, "response: status " + status
                    + " (expected: 200 to 999, or informational)");
        }
        if (status < 200 && ++informational > MAX_INFORMATIONAL) {
            throw new FramingException(FramingException.Fault.MALFORMED, "response: more than " + MAX_INFORMATIONAL
                    + " informational heads (expected: at most that)");
        }
        return status >= 200;
    }

    /** Takes {@code rest}, the bytes after the head. */
    private void onFinalHead(DefaultHttpResponse response, long bodyBytes, ByteBuf rest) {
        isKeepAlive = HttpUtil.isKeepAlive(response) && !body.isUntilClose();
        state = State.BODY;
        listener.onResponseHead(new ResponseHead(response.status(), response.headers(), bodyBytes));
        if (state == State.BODY) {
            onBodyBytes(rest);
        } else {
            rest.release();
        }
    }

    private void onBodyBytes(ByteBuf bytes) {
        int end;
        try {
            end = body.scan(bytes, bytes.readerIndex(), bytes.writerIndex(), piece);
        } catch (FramingException e) {
            bytes.release();
            throw e;
        }
        int more = bytes.writerIndex() - end;
        boolean isEnded = body.isEnded();
        if (end > bytes.readerIndex()) {
            listener.onResponseBody(piece);
        } else {
            bytes.release();
        }
        if (isEnded && state == State.BODY) {
            onEnd(more);
        }
    }

    private void onEnd(int unsolicitedBytes) {
        UpstreamListener ended = listener;
        listener = null;
        if (unsolicitedBytes > 0) {
            pool.onUnsolicited(unsolicitedBytes);
        }
        if (!isKeepAlive || unsolicitedBytes > 0 || !isRequestEnded || pendingBytes() > 0) {
            close(); // bytes after the end, or a response to an incomplete request: the next bytes would be ambiguous
        } else {
            state = State.IDLE;
            pool.release(this);
        }
        ended.onResponseEnd(false);
        ended.onUpstreamReadComplete();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (state == State.IDLE) {
            readWhileIdle();
        } else if (listener != null) {
            listener.onUpstreamReadComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (listener != null && ctx.channel().isWritable()) {
            listener.onUpstreamWritable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        State before = state;
        state = State.CLOSED;
        pool.onClosed(this);
        if (listener == null) {
            return;
        }
        if (before == State.BODY && body.isUntilClose()) {
            UpstreamListener ended = listener;
            listener = null;
            ended.onResponseEnd(true);
            ended.onUpstreamReadComplete();
        } else {
            fail(AttemptFailure.Kind.CLOSED, before == State.BODY ? "closed in the body" : "closed before a response");
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        heads.release();
        out.release();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException || cause instanceof DecoderException) { // the latter is broken TLS
            LOG.debug("connection to {} lost: {}", endpoint, cause.toString());
        } else {
            LOG.warn("connection to {} closed because of an unexpected error", endpoint, cause);
        }
        if (state == State.IDLE) {
            close();
        } else {
            fail(AttemptFailure.Kind.CLOSED, cause.getClass().getSimpleName());
        }
    }

    private void fail(AttemptFailure.Kind kind, String detail) {
        UpstreamListener failed = listener;
        listener = null;
        close();
        if (failed != null) {
            failed.onAttemptFailed(new AttemptFailure(kind, isReused, isRequestEnded, hasResponseBytes, detail));
        }
    }

    /**
     * Returns whether the next request may be sent on this connection: it is open, and nothing waits to be read.
     *
     * <p>The kernel is asked each time, although that is a system call. Bytes that wait now were sent before the
     * request, so they cannot be its response; they may be a response that belongs to another caller.
     */
    boolean isUsable() {
        if (state != State.IDLE || !ctx.channel().isActive()) {
            return false;
        }
        int waiting = pool.takeWaiting(ctx.channel());
        if (waiting > 0 && !endpoint.isTls()) { // with TLS they may be a session ticket or a close_notify
            pool.onUnsolicited(waiting);
        }
        return waiting == 0;
    }

    /** Returns whether the connection has carried an exchange. */
    boolean isUsed() {
        return exchanges > 0;
    }

    /** Puts a connection that has not carried an exchange yet into the pool. */
    void park() {
        pool.release(this);
        if (state == State.IDLE) {
            readWhileIdle();
        }
    }

    private void readWhileIdle() {
        if (!Transport.readsAhead(ctx.channel())) {
            ctx.read();
        }
    }

    void idleSince(long nowNanos) {
        idleSinceNanos = nowNanos;
    }

    long idleSinceNanos() {
        return idleSinceNanos;
    }

    /** Closes an idle connection. */
    void retire() {
        close();
    }

    /** The pool, as one of its connections sees it. */
    interface Pool {
        /** Takes back a connection whose exchange is over. */
        void release(Http1UpstreamHandler connection);

        /** Removes a connection that was closed. */
        void onClosed(Http1UpstreamHandler connection);

        /** Counts bytes that belong to no response; the connection is closed. */
        void onUnsolicited(int bytes);

        /** {@return the number of bytes that waited to be read and were taken; negative if the peer has closed} */
        int takeWaiting(Channel channel);

        /** {@return the time from which a new connection gets no further request; {@link Long#MAX_VALUE} for never} */
        long endOfLifeNanos();

        /** {@return the clock's time} */
        long nanoTime();

        /** {@return the loop's view of response bytes, valid until the next read of any of its upstream connections} */
        BodyPiece piece();
    }

    /** The states of a connection, in the order in which an untroubled exchange passes through them. */
    private enum State {
        /** In the pool, or about to be assigned. */
        IDLE,
        /** A request was or is being sent; the response's head is not complete. */
        HEAD,
        /** The response's body is being received. */
        BODY,
        /** Closed or closing. */
        CLOSED
    }
}
