// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2LifecycleManager;

/**
 * A limit of the responses to control frames that pile up because the peer does not read them. Netty has the same limit
 * for connections whose codec it builds; those with a {@link DataFrameReader} are built here.
 */
final class ControlFrameLimit extends DecoratingHttp2ConnectionEncoder {
    private static final int MAX_UNSENT = 1000;

    private final ChannelFutureListener onSent = sent -> this.unsent--;
    private Http2LifecycleManager lifecycle;
    private int unsent;
    private boolean isOver;

    /** Wraps {@code encoder} with the limit. */
    public ControlFrameLimit(Http2ConnectionEncoder encoder) {
        super(encoder);
    }

    @Override
    public void lifecycleManager(Http2LifecycleManager manager) {
        lifecycle = manager;
        super.lifecycleManager(manager);
    }

    @Override
    public ChannelFuture writeSettingsAck(ChannelHandlerContext ctx, ChannelPromise promise) {
        return isOver(ctx) ? promise : super.writeSettingsAck(ctx, promise.unvoid().addListener(onSent));
    }

    @Override
    public ChannelFuture writePing(ChannelHandlerContext ctx, boolean isAck, long data, ChannelPromise promise) {
        if (!isAck) {
            return super.writePing(ctx, false, data, promise);
        }
        return isOver(ctx) ? promise : super.writePing(ctx, true, data, promise.unvoid().addListener(onSent));
    }

    @Override
    public ChannelFuture writeRstStream(ChannelHandlerContext ctx, int streamId, long errorCode,
            ChannelPromise promise) {
        return isOver(ctx) ? promise
                : super.writeRstStream(ctx, streamId, errorCode, promise.unvoid().addListener(onSent));
    }

    private boolean isOver(ChannelHandlerContext ctx) {
        if (!isOver && ++unsent > MAX_UNSENT) {
            ctx.flush(); // some may only wait for a flush
            if (unsent > MAX_UNSENT) {
                isOver = true;
                lifecycle.onError(ctx, true, Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM,
                        "More than %d responses to control frames are unsent", MAX_UNSENT));
                ctx.close();
            }
        }
        return isOver;
    }
}
