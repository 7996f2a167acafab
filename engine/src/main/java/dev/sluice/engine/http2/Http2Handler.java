// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http2;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The handler of one HTTP/2 connection, downstream or upstream.
 *
 * <p>Writes of several streams in one turn of the loop leave with one flush. A flush that is requested while the
 * connection reads is delayed to the end of that read, any other one to the end of the turn. With only one stream,
 * waiting gains nothing and the flush happens at once.
 *
 * <p><b>Threading:</b> one instance per connection, confined to its loop.
 *
 * @param <S> the state that the connection's owner keeps for each stream
 */
public abstract class Http2Handler<S> extends Http2ConnectionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Http2Handler.class);
    private static final float WINDOW_UPDATE_RATIO = 0.5f;
    /** The time in milliseconds that the peer has to take the final GOAWAY before the connection is closed anyway. */
    protected static final long GO_AWAY_MILLIS = 5_000;
    private static final int MAX_UNSENT_BYTES = 256 * 1024;
    private static final int REMEMBERED_RESETS = 256;

    private final Http2Connection.PropertyKey streamKey = connection().newKey();
    private final int connectionWindowBytes;
    private final Runnable queuedFlush = this::flushNow;
    private final int[] resets = new int[REMEMBERED_RESETS];
    private final ArrayDeque<Touched> touched = new ArrayDeque<>();
    private ChannelHandlerContext context;
    private int resetCount;
    private boolean isOpen;
    private boolean isReading;
    private boolean isReadHeld;
    private boolean isFlushQueued;

    protected Http2Handler(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings,
            int connectionWindowBytes) {
        super(decoder, encoder, settings, true); // true: a GOAWAY is sent explicitly before a close
        this.connectionWindowBytes = connectionWindowBytes;
    }

    /**
     * Returns the state of a new connection. Its own window is refilled as soon as bytes arrive, so that a slow stream
     * stalls only itself. Its streams take turns, because RFC 9113 deprecates priorities.
     */
    protected static Http2Connection newConnection(boolean isServer) {
        DefaultHttp2Connection connection = new DefaultHttp2Connection(isServer);
        connection.local().flowController(new DefaultHttp2LocalFlowController(connection, WINDOW_UPDATE_RATIO, true));
        connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection,
                new UniformStreamByteDistributor(connection)));
        return connection;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        context = ctx;
        super.handlerAdded(ctx);
        if (ctx.channel().isActive()) {
            open();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
        super.channelActive(ctx);
        open();
    }

    private void open() throws Http2Exception {
        if (isOpen) {
            return;
        }
        isOpen = true;
        Http2Connection connection = connection();
        connection.local().flowController().incrementWindowSize(connection.connectionStream(), connectionWindowBytes
                - Http2CodecUtil.DEFAULT_WINDOW_SIZE);
        onOpen();
        flush(context);
        context.read();
    }

    /** Initializes the connection, which is established; its preface is being sent. */
    protected abstract void onOpen();

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        isReading = true;
        super.channelRead(ctx, message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        for (Touched stream = touched.poll(); stream != null; stream = touched.poll()) {
            stream.onReadComplete();
        }
        isReading = false;
        discardSomeReadBytes();
        flush(ctx);
        readOn();
        ctx.fireChannelReadComplete();
    }

    /**
     * Requests the next read, unless too many bytes wait for the peer to read them: the next read could cause more
     * frames that no window counts.
     */
    private void readOn() {
        isReadHeld = unsentBytes() > MAX_UNSENT_BYTES;
        if (!isReadHeld) {
            context.read();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
        super.channelWritabilityChanged(ctx);
        if (isReadHeld) {
            readOn();
        }
    }

    /** Attaches the owner's state to a stream. */
    protected final void know(Http2Stream stream, S known) {
        stream.setProperty(streamKey, known);
    }

    /** Returns the state of a stream, or null if there is none. */
    protected final S known(Http2Stream stream) {
        return stream.getProperty(streamKey);
    }

    /** Returns the state of the stream with this identifier, or null if there is no such stream or it has no state. */
    protected final S known(int streamId) {
        Http2Stream stream = connection().stream(streamId);
        return stream == null ? null : known(stream);
    }

    /** Runs an action on the state of each active stream that has one. */
    protected final void forEachKnown(Consumer<S> action) {
        try {
            connection().forEachActiveStream(stream -> {
                S known = known(stream);
                if (known != null) {
                    action.accept(known);
                }
                return true;
            });
        } catch (Http2Exception e) {
            throw new IllegalStateException("stream: " + e.getMessage() + " (expected: no error)", e);
        }
    }

    /** Requests a call of {@link Touched#onReadComplete} after all frames of this read were handled. */
    public final void touch(Touched stream) {
        touched.add(stream);
    }

    /** Flushes, together with the writes of other streams in this turn of the loop. */
    public final void flushSoon() {
        if (isReading || isFlushQueued) {
            return;
        }
        if (connection().numActiveStreams() <= 1) {
            flush(context);
            return;
        }
        isFlushQueued = true;
        context.executor().execute(queuedFlush);
    }

    private void flushNow() {
        isFlushQueued = false;
        if (context.channel().isActive()) {
            flush(context);
        }
    }

    /** Resets a stream; its listener learns of it when the stream closes. */
    public final void reset(Http2Stream stream, Http2Error error) {
        if (stream.state() == Http2Stream.State.CLOSED) {
            return;
        }
        // Bypass the encoder, whose limit of resets is meant for those that the peer causes.
        resetStream(context, stream.id(), error.code(), context.newPromise());
        remember(stream.id());
        stream.close(); // at once, not when the reset has been sent: nothing of the body may follow the reset
        flushSoon();
    }

    /**
     * Handles a stream error. Frames for a stream that was reset here may have been in flight (RFC 9113 section 5.1).
     * They are no error, and another reset for each of them would look like an attack.
     */
    @Override
    protected void onStreamError(ChannelHandlerContext ctx, boolean isOutbound, Throwable cause,
            Http2Exception.StreamException error) {
        Http2Stream stream = connection().stream(error.streamId());
        if (stream == null && error.error() == Http2Error.STREAM_CLOSED && wasReset(error.streamId())) {
            return;
        }
        super.onStreamError(ctx, isOutbound, cause, error);
        if (stream != null) {
            remember(error.streamId());
            stream.close();
        }
    }

    /** Records that a stream was reset here. */
    protected final void remember(int streamId) {
        resets[resetCount++ % resets.length] = streamId;
    }

    private boolean wasReset(int streamId) {
        for (int id : resets) {
            if (id == streamId) {
                return true;
            }
        }
        return false;
    }

    /** Returns {@code bytes} of a stream's flow-control window, because that many bytes were delivered. */
    public final void consume(Http2Stream stream, int bytes) {
        if (bytes <= 0) {
            return;
        }
        try {
            if (connection().local().flowController().consumeBytes(stream, bytes)) {
                flushSoon();
            }
        } catch (Http2Exception e) {
            onError(context, false, e);
        }
    }

    /** Returns the number of bytes that wait for the socket. */
    protected final long unsentBytes() {
        ChannelOutboundBuffer buffer = context.channel().unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
        if (Http2CodecUtil.getEmbeddedHttp2Exception(cause) != null) {
            super.exceptionCaught(ctx, cause);
            return;
        }
        if (cause instanceof IOException || cause instanceof DecoderException) { // the latter is broken TLS
            LOG.debug("HTTP/2 connection lost: {}", cause.toString());
        } else {
            LOG.warn("HTTP/2 connection closed because of an unexpected error", cause);
        }
        ctx.close();
    }

    /** Returns the handler's context. */
    public final ChannelHandlerContext context() {
        return context;
    }

    /** Returns the connection's channel. */
    public final Channel channel() {
        return context.channel();
    }

    /** A stream that is notified at the end of a read. */
    public interface Touched {
        /** Marks the end of a read, after all of its frames were handled. */
        void onReadComplete();
    }
}
