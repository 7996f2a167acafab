// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.config.Http2UpstreamConfig;
import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.engine.http2.Http2Handler;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/2 connection to an endpoint. Each of its streams is an attempt.
 *
 * <p>The connection opens no stream before the upstream's SETTINGS have arrived, and never more at a time than they
 * allow. If it has streams and receives nothing for a while, it sends a PING; it opens no further stream until the PING
 * is acknowledged.
 *
 * <p><b>Threading:</b> one instance per connection, confined to its loop.
 *
 * <p><b>Pipeline position:</b> last; after the TLS handler, if there is one.
 */
final class Http2UpstreamHandler extends Http2Handler<Http2UpstreamStream> {
    private static final Logger LOG = LoggerFactory.getLogger(Http2UpstreamHandler.class);
    private static final int MAX_RESETS = 1000;
    private static final int SECONDS_OF_RESETS = 30;
    private static final int MAX_EMPTY_DATA_FRAMES = 2;
    /**
     * The number of streams of one connection that may be cancelled within 30 s before it opens no more. Upstreams
     * treat many resets as an attack and close the connection with all of its streams, so the cancellations of some
     * callers must not end the exchanges of others.
     */
    private static final int MAX_CANCELS = 50;
    private static final long CANCEL_NANOS = TimeUnit.SECONDS.toNanos(30);
    /**
     * The stream identifier after which no stream is opened, well below the maximum: RFC 9113 section 5.1.1 requires a
     * new connection once they are exhausted.
     */
    private static final int LAST_STREAM = 1 << 30;

    private final Endpoint endpoint;
    private final Pool pool;
    private final Http2UpstreamConfig config;
    private final long endOfLifeNanos;
    private int cancels;
    private long cancelsSinceNanos;
    private boolean isReady;
    private boolean isGoingAway;
    private boolean isClosed;
    private boolean isPingSent;
    private long lastReadNanos;
    private long pingNanos;
    private long readyNanos;
    private long closingSinceNanos;
    private long idleSinceNanos;
    private long openedStreams;

    private Http2UpstreamHandler(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings,
            Endpoint endpoint, Pool pool, Http2UpstreamConfig config) {
        super(decoder, encoder, settings, config.connectionWindowBytes());
        this.endpoint = endpoint;
        this.pool = pool;
        this.config = config;
        endOfLifeNanos = pool.endOfLifeNanos();
        connection().addListener(new StreamEnds());
        decoder.frameListener(new Frames());
    }

    static Http2UpstreamHandler of(Endpoint endpoint, Pool pool, Http2UpstreamConfig config) {
        return new Builder(endpoint, pool, config).build();
    }

    Endpoint endpoint() {
        return endpoint;
    }

    @Override
    protected void onOpen() {
        lastReadNanos = pool.nanoTime();
        idleSinceNanos = lastReadNanos;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        lastReadNanos = pool.nanoTime();
        super.channelRead(ctx, message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        isClosed = true;
        super.channelInactive(ctx); // closes every stream
        pool.onClosed(this, isReady);
    }

    /** Returns whether another stream can be opened now. */
    boolean hasRoom() {
        int streams = connection().numActiveStreams();
        return isReady && !isClosed && !isGoingAway && !isPingSent && channel().isActive()
                && streams < config.maxStreams() && streams < connection().local().maxActiveStreams();
    }

    /** Returns whether the upstream's SETTINGS have arrived. */
    boolean isReady() {
        return isReady;
    }

    /** Returns whether the connection became ready after {@code nanos} on the clock. */
    boolean isYoungerThan(long nanos) {
        return readyNanos - nanos > 0;
    }

    boolean isGoingAway() {
        return isGoingAway || isClosed;
    }

    int streams() {
        return connection().numActiveStreams();
    }

    /** Assigns the connection's next stream to an attempt. */
    void assign(UpstreamListener attempt) {
        attempt.onConnected(new Http2UpstreamStream(this, attempt, openedStreams++ > 0, pool.piece()));
    }

    /** Opens a stream; returns null if that fails. */
    Http2Stream open(Http2UpstreamStream owner, Http2Headers headers, boolean isEnd) {
        int id = connection().local().incrementAndGetNextStreamId();
        isGoingAway |= id > LAST_STREAM;
        encoder().writeHeaders(context(), id, headers, 0, isEnd, context().newPromise());
        Http2Stream stream = connection().stream(id);
        if (stream != null) {
            know(stream, owner);
        }
        return stream;
    }

    /** Resets a stream whose response is no longer needed. */
    void cancel(Http2Stream stream) {
        reset(stream, Http2Error.CANCEL);
        long nowNanos = pool.nanoTime();
        if (cancels == 0 || nowNanos - cancelsSinceNanos > CANCEL_NANOS) {
            cancelsSinceNanos = nowNanos;
            cancels = 0;
        }
        if (++cancels >= MAX_CANCELS) {
            leave(); // the running streams end normally; new ones use other connections
        }
    }

    /** Sends GOAWAY; the connection closes with its last stream. */
    void retire() {
        goAway(context(), 0, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, context().newPromise());
        flush(context());
        leave();
    }

    /** Stops opening streams; closes the connection once it has none. */
    private void leave() {
        isGoingAway = true;
        closeIfUnused();
        pool.onLeaving();
    }

    private void closeIfUnused() {
        if (isGoingAway && connection().numActiveStreams() == 0 && !isClosed) {
            isClosed = true;
            closingSinceNanos = pool.nanoTime();
            context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    /** Checks the connection's lifetime, idle time and liveness; called at every tick. */
    void onTick(long nowNanos, long maxIdleNanos) {
        if (isClosed) {
            if (nowNanos - closingSinceNanos > TimeUnit.MILLISECONDS.toNanos(GO_AWAY_MILLIS)) {
                context().close(); // the peer does not even read the GOAWAY
            }
            return;
        }
        if (isReady && !isGoingAway && endOfLifeNanos != Long.MAX_VALUE && nowNanos - endOfLifeNanos > 0) {
            leave();
            return;
        }
        if (connection().numActiveStreams() == 0) {
            if (isReady && nowNanos - idleSinceNanos >= maxIdleNanos) {
                retire();
            }
            return;
        }
        idleSinceNanos = nowNanos;
        if (isPingSent) {
            if (nowNanos - pingNanos > config.pingTimeout().toNanos()) {
                LOG.info("{} did not acknowledge a PING within {} ms: closing its connection", endpoint,
                        config.pingTimeout().toMillis());
                context().close();
            }
        } else if (nowNanos - lastReadNanos > config.pingInterval().toNanos()) {
            isPingSent = true;
            pingNanos = nowNanos;
            encoder().writePing(context(), false, nowNanos, context().newPromise());
            flush(context());
        }
    }

    @Override
    protected void onStreamError(ChannelHandlerContext ctx, boolean isOutbound, Throwable cause,
            Http2Exception.StreamException error) {
        Http2UpstreamStream stream = known(error.streamId());
        if (stream != null) {
            stream.onFailing(AttemptFailure.Kind.MALFORMED, error.getMessage());
        }
        super.onStreamError(ctx, isOutbound, cause, error);
    }

    @Override
    protected void onConnectionError(ChannelHandlerContext ctx, boolean isOutbound, Throwable cause,
            Http2Exception error) {
        LOG.debug("{}: HTTP/2 connection error, or connection lost: {}", endpoint, cause.toString());
        isGoingAway = true;
        if (error != null && !isOutbound) {
            forEachKnown(stream -> stream.onFailing(AttemptFailure.Kind.MALFORMED, "HTTP/2 connection error"));
        }
        super.onConnectionError(ctx, isOutbound, cause, error);
    }

    /** The handler of the upstream's frames. */
    private final class Frames extends Http2FrameAdapter {
        @Override
        public void onHeadersRead(ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding,
                boolean isEnd) throws Http2Exception {
            Http2UpstreamStream stream = known(streamId);
            if (stream != null) {
                stream.onHeaders(headers, isEnd);
            }
        }

        @Override
        public void onHeadersRead(ChannelHandlerContext ctx, int streamId, Http2Headers headers, int dependency,
                short weight, boolean isExclusive, int padding, boolean isEnd) throws Http2Exception {
            onHeadersRead(ctx, streamId, headers, padding, isEnd);
        }

        @Override
        public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean isEnd)
                throws Http2Exception {
            Http2UpstreamStream stream = known(streamId);
            return stream == null ? data.readableBytes() + padding : stream.onData(data, padding, isEnd);
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long error) {
            Http2UpstreamStream stream = known(streamId);
            if (stream != null) {
                boolean isRefused = error == Http2Error.REFUSED_STREAM.code();
                stream.onFailing(isRefused ? AttemptFailure.Kind.REFUSED : AttemptFailure.Kind.RESET,
                        "stream reset by the upstream, error " + error);
            }
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings received) {
            if (!isReady) {
                isReady = true;
                readyNanos = pool.nanoTime();
                pool.onReady(Http2UpstreamHandler.this);
            } else {
                pool.onRoom();
            }
        }

        @Override
        public void onPingAckRead(ChannelHandlerContext ctx, long data) {
            isPingSent = false;
            pool.onRoom();
        }
    }

    private final class StreamEnds extends Http2ConnectionAdapter {
        @Override
        public void onGoAwayReceived(int lastStreamId, long error, ByteBuf debugData) {
            LOG.debug("{} sent GOAWAY, last stream {}, error {}", endpoint, lastStreamId, error);
            isGoingAway = true;
            forEachKnown(stream -> stream.onGoAway(lastStreamId));
            // After this, Netty closes the streams above the last one; the connection closes after its last stream.
            context().executor().execute(Http2UpstreamHandler.this::leave);
        }

        @Override
        public void onStreamClosed(Http2Stream stream) {
            Http2UpstreamStream known = known(stream);
            if (known != null) {
                known.onClosed();
            }
        }

        @Override
        public void onStreamRemoved(Http2Stream stream) {
            if (connection().numActiveStreams() == 0) {
                idleSinceNanos = pool.nanoTime();
            }
            closeIfUnused();
            pool.onRoom();
        }
    }

    /** The pool, as one of its connections sees it. */
    interface Pool {
        /** Reports that the upstream's SETTINGS have arrived: the connection can carry streams. */
        void onReady(Http2UpstreamHandler connection);

        /** Reports that a connection may have room for another stream. */
        void onRoom();

        /** Reports that a connection takes no further streams. */
        void onLeaving();

        /** Removes a connection that was closed. */
        void onClosed(Http2UpstreamHandler connection, boolean wasReady);

        /** {@return the time from which a new connection gets no further request; {@link Long#MAX_VALUE} for never} */
        long endOfLifeNanos();

        /** {@return the clock's time} */
        long nanoTime();

        /** {@return the loop's view of response bytes, valid until the next read of any of its upstream connections} */
        BodyPiece piece();
    }

    private static final class Builder extends AbstractHttp2ConnectionHandlerBuilder<Http2UpstreamHandler, Builder> {
        private final Endpoint endpoint;
        private final Pool pool;
        private final Http2UpstreamConfig config;

        Builder(Endpoint endpoint, Pool pool, Http2UpstreamConfig config) {
            this.endpoint = endpoint;
            this.pool = pool;
            this.config = config;
            Http2Connection connection = newConnection(false);
            Http2ConnectionEncoder encoder = new ControlFrameLimit(new DefaultHttp2ConnectionEncoder(connection,
                    new DefaultHttp2FrameWriter()));
            Http2ConnectionDecoder decoder = new DefaultHttp2ConnectionDecoder(connection, encoder,
                    new DataFrameReader(config.maxHeaderListBytes()), Http2PromisedRequestVerifier.ALWAYS_VERIFY, true,
                    true, true, true);
            gracefulShutdownTimeoutMillis(GO_AWAY_MILLIS);
            initialSettings(new Http2Settings().pushEnabled(false).initialWindowSize(config.streamWindowBytes())
                    .maxHeaderListSize(config.maxHeaderListBytes()));
            decoderEnforceMaxConsecutiveEmptyDataFrames(MAX_EMPTY_DATA_FRAMES);
            decoderEnforceMaxRstFramesPerWindow(MAX_RESETS, SECONDS_OF_RESETS);
            codec(decoder, encoder);
        }

        @Override
        protected Http2UpstreamHandler build() {
            return super.build();
        }

        @Override
        protected Http2UpstreamHandler build(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder,
                Http2Settings settings) {
            return new Http2UpstreamHandler(decoder, encoder, settings, endpoint, pool, config);
        }
    }
}
