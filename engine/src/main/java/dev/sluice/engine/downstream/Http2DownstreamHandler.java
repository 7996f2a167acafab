// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.config.Http2DownstreamConfig;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.ExchangeId;
import dev.sluice.engine.http.ExchangeStarter;
import dev.sluice.engine.http.Refusal;
import dev.sluice.engine.http2.Http2Handler;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.concurrent.TimeUnit;

/**
 * One HTTP/2 connection from a downstream (RFC 9113). Each of its streams is an exchange.
 *
 * <p><b>Threading:</b> one instance per connection, confined to its loop.
 *
 * <p><b>Pipeline position:</b> last; after the TLS handler, if there is one.
 */
final class Http2DownstreamHandler extends Http2Handler<Http2DownstreamStream> implements Tickable {
    private static final int SECONDS_OF_RESETS = 30;
    /**
     * The factor by which resets of all streams may exceed resets of unanswered ones, because resetting an answered
     * stream costs next to nothing.
     */
    private static final int CHEAP_RESETS = 16;
    private static final long RESET_NANOS = TimeUnit.SECONDS.toNanos(SECONDS_OF_RESETS);
    private static final long CONTROL_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MAX_UNSENT_CONTROL_FRAMES = 1000;
    private static final int MAX_EMPTY_DATA_FRAMES = 2;
    private static final int UNSAID_STREAMS = 1000;
    /**
     * The time between the first GOAWAY, which asks for no more streams, and the final one, which names the last
     * stream.
     */
    private static final long LAST_CALL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final DownstreamSettings settings;
    private final Rate resets;
    private final Rate controlFrames;

    private ExchangeStarter starter;
    private LoopTicker.Entry tick;
    private long idleSinceNanos;
    private long lastCallNanos;
    private long unsentBytes;
    private long unsentSinceNanos;
    private boolean isLastCallSent;
    private boolean isClosing;
    private boolean isClosed;

    private Http2DownstreamHandler(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder,
            Http2Settings initial, DownstreamSettings settings) {
        super(decoder, encoder, initial, settings.http2().connectionWindowBytes());
        this.settings = settings;
        resets = new Rate(settings.http2().maxResets(), RESET_NANOS);
        controlFrames = new Rate(settings.http2().maxControlFrames(), CONTROL_NANOS);
        connection().addListener(new StreamEnds());
        decoder.frameListener(new Frames());
    }

    /** Returns the handler for a new connection. */
    static Http2DownstreamHandler of(DownstreamSettings settings) {
        return new Builder(settings).build();
    }

    @Override
    protected void onOpen() {
        starter = settings.starters().apply(channel().eventLoop());
        idleSinceNanos = starter.ticker().nanoTime();
        acceptMoreThanSaid();
        tick = starter.ticker().add(this);
    }

    /**
     * Raises Netty's limit of active streams. A downstream may open more streams than SETTINGS allow before it has
     * received them. Netty would refuse those streams without a trace and treat their later frames as a connection
     * error, so they are refused here.
     */
    private void acceptMoreThanSaid() {
        connection().remote().maxActiveStreams(settings.http2().maxStreams() + UNSAID_STREAMS);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        if (tick != null) {
            starter.ticker().remove(tick);
        }
        super.channelInactive(ctx); // closes every stream
    }

    private void onHead(int streamId, Http2Headers headers, boolean isEnded) throws Http2Exception {
        Http2Stream stream = connection().stream(streamId);
        Http2DownstreamStream known = known(stream);
        if (known != null) {
            known.onTrailers();
            return;
        }
        if (connection().numActiveStreams() > settings.http2().maxStreams()) {
            encoder().writeRstStream(context(), streamId, Http2Error.REFUSED_STREAM.code(), context().newPromise());
            remember(streamId);
            stream.close();
            return;
        }
        Http2DownstreamStream opened = new Http2DownstreamStream(this, stream, settings.bodies(), starter, isEnded);
        know(stream, opened);
        DownstreamRequest request;
        try {
            request = Http2RequestHeadCheck.check(streamId, headers, isEnded, settings.limits().maxTargetBytes(),
                    channel().remoteAddress());
        } catch (Http2Exception malformed) {
            starter.onHeadRefused(RelayException.of(ErrorCode.DOWNSTREAM_BAD_REQUEST, malformed.getMessage()));
            throw malformed;
        } catch (RelayException refusal) {
            refuseHead(opened, refusal);
            return;
        }
        opened.start(request);
    }

    private void refuseHead(Http2DownstreamStream opened, RelayException refusal) {
        starter.onHeadRefused(refusal);
        Refusal.write(opened, ExchangeId.next(), refusal);
    }

    /** Answers a header list above its limit like any other refusal; Netty resets the stream afterwards. */
    @Override
    protected void handleServerHeaderDecodeSizeError(ChannelHandlerContext ctx, Http2Stream stream) {
        Http2DownstreamStream opened = new Http2DownstreamStream(this, stream, settings.bodies(), starter, true);
        know(stream, opened);
        refuseHead(opened, RelayException.of(ErrorCode.DOWNSTREAM_HEAD_TOO_LARGE, "head: over "
                + settings.http2().maxHeaderListBytes() + " bytes (expected: at most that)"));
        flush(ctx); // at once, because the reset that follows would drop anything that waits for the end of this read
    }

    @Override
    public void onTick(long nowNanos) {
        long stallNanos = settings.timeouts().writeStall().toNanos();
        if (unsentBytes() == 0 || unsentBytes() != unsentBytes) {
            unsentBytes = unsentBytes();
            unsentSinceNanos = nowNanos;
        } else if (nowNanos - unsentSinceNanos > stallNanos) {
            context().close(); // the peer reads nothing at all
            return;
        }
        if (connection().numActiveStreams() > 0) {
            idleSinceNanos = nowNanos;
            forEachKnown(stream -> stream.closeIfStalled(nowNanos, stallNanos));
        }
        long limitNanos = decoder().prefaceReceived() ? settings.timeouts().downstreamIdle().toNanos()
                : settings.timeouts().requestHead().toNanos();
        if (isLastCallSent || starter.isDraining() || nowNanos - idleSinceNanos > limitNanos) {
            leave(nowNanos);
        }
        if (isClosing && !isClosed && connection().numActiveStreams() == 0) {
            isClosed = true;
            context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    /**
     * Sends the two GOAWAY frames of a graceful shutdown (RFC 9113 section 6.8): streams in flight at the first one
     * still arrive and are served.
     */
    private void leave(long nowNanos) {
        if (!isLastCallSent) {
            isLastCallSent = true;
            lastCallNanos = nowNanos;
            sendGoAway(Integer.MAX_VALUE);
        } else if (!isClosing && nowNanos - lastCallNanos > LAST_CALL_NANOS) {
            isClosing = true;
            sendGoAway(connection().remote().lastStreamCreated());
        }
    }

    private void sendGoAway(int lastStream) {
        goAway(context(), lastStream, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, context().newPromise());
        flush(context());
    }

    /** The handler of the downstream's frames. */
    private final class Frames extends Http2FrameAdapter {
        @Override
        public void onHeadersRead(ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding,
                boolean isEnd) throws Http2Exception {
            onHead(streamId, headers, isEnd);
        }

        @Override
        public void onHeadersRead(ChannelHandlerContext ctx, int streamId, Http2Headers headers, int dependency,
                short weight, boolean isExclusive, int padding, boolean isEnd) throws Http2Exception {
            onHead(streamId, headers, isEnd);
        }

        @Override
        public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean isEnd) {
            Http2DownstreamStream stream = known(streamId);
            return stream == null ? data.readableBytes() + padding : stream.onData(data, padding, isEnd);
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long error) throws Http2Exception {
            Http2DownstreamStream stream = known(streamId);
            if (stream != null && stream.isUnanswered()) {
                resets.count(starter.ticker().nanoTime(), "requests reset before they were answered");
            }
        }

        @Override
        public void onSettingsAckRead(ChannelHandlerContext ctx) {
            acceptMoreThanSaid(); // Netty has just applied the announced limit
        }

        @Override
        public void onPingRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
            onControlFrame();
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings received) throws Http2Exception {
            onControlFrame();
        }

        @Override
        public void onPriorityRead(ChannelHandlerContext ctx, int streamId, int dependency, short weight,
                boolean isExclusive) throws Http2Exception {
            onControlFrame();
        }

        @Override
        public void onUnknownFrame(ChannelHandlerContext ctx, byte type, int streamId, Http2Flags flags,
                ByteBuf payload) {
            try {
                onControlFrame();
            } catch (Http2Exception tooMany) {
                onError(ctx, false, tooMany);
            }
        }

        private void onControlFrame() throws Http2Exception {
            controlFrames.count(starter.ticker().nanoTime(), "control frames");
        }
    }

    private final class StreamEnds extends Http2ConnectionAdapter {
        @Override
        public void onStreamClosed(Http2Stream stream) {
            Http2DownstreamStream known = known(stream);
            if (known != null) {
                idleSinceNanos = starter.ticker().nanoTime();
                known.onClosed();
            }
        }
    }

    /** A limit of how often something may happen within a time window. */
    private static final class Rate {
        private final int limit;
        private final long windowNanos;
        private long sinceNanos;
        private int count;

        Rate(int limit, long windowNanos) {
            this.limit = limit;
            this.windowNanos = windowNanos;
        }

        void count(long nowNanos, String what) throws Http2Exception {
            if (count == 0 || nowNanos - sinceNanos > windowNanos) {
                sinceNanos = nowNanos;
                count = 0;
            }
            if (++count > limit) {
                throw Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "More than %d %s in %d s", limit,
                        what, TimeUnit.NANOSECONDS.toSeconds(windowNanos));
            }
        }
    }

    /** Netty's builder, used because it also installs Netty's own limits. */
    private static final class Builder
            extends AbstractHttp2ConnectionHandlerBuilder<Http2DownstreamHandler, Builder> {
        private final DownstreamSettings settings;

        Builder(DownstreamSettings settings) {
            this.settings = settings;
            Http2DownstreamConfig config = settings.http2();
            connection(newConnection(true));
            initialSettings(new Http2Settings().maxConcurrentStreams(config.maxStreams())
                    .initialWindowSize(config.streamWindowBytes()).maxHeaderListSize(config.maxHeaderListBytes()));
            gracefulShutdownTimeoutMillis(GO_AWAY_MILLIS);
            validateHeaders(true);
            validateRequiredPseudoHeaders(true);
            encoderEnforceMaxQueuedControlFrames(MAX_UNSENT_CONTROL_FRAMES);
            encoderEnforceMaxRstFramesPerWindow(config.maxResets(), SECONDS_OF_RESETS);
            decoderEnforceMaxRstFramesPerWindow(CHEAP_RESETS * config.maxResets(), SECONDS_OF_RESETS);
            decoderEnforceMaxConsecutiveEmptyDataFrames(MAX_EMPTY_DATA_FRAMES);
        }

        @Override
        protected Http2DownstreamHandler build() {
            return super.build();
        }

        @Override
        protected Http2DownstreamHandler build(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder,
                Http2Settings initial) {
            return new Http2DownstreamHandler(decoder, encoder, initial, settings);
        }
    }
}
