// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event stream of snapshots, one per second, as long as it has a viewer. A viewer that does not read gets no
 * further snapshots, and is closed after a minute.
 *
 * <p><b>Threading:</b> confined to the loop of the admin listener, which relays nothing.
 */
final class LiveFeed implements AdminPage {
    static final int MAX_VIEWERS = 32;

    private static final Logger LOG = LoggerFactory.getLogger(LiveFeed.class);
    private static final int MAX_SKIPPED = 60;

    private final Supplier<byte[]> snapshot;
    /** The viewers, with the number of snapshots that each has missed in a row. */
    private final Map<Channel, Integer> viewers = new HashMap<>();
    private Future<?> timer;

    /**
     * @param snapshot makes a snapshot: JSON on one line
     */
    LiveFeed(Supplier<byte[]> snapshot) {
        this.snapshot = snapshot;
    }

    @Override
    public String path() {
        return "/feed";
    }

    @Override
    public AdminAnswer answer(AdminRequest request) {
        throw new IllegalStateException("answer: of an event stream (expected: join)");
    }

    /** Makes a connection a viewer. */
    void join(ChannelHandlerContext ctx) {
        if (viewers.size() >= MAX_VIEWERS) {
            byte[] text = ("too many viewers (expected: at most " + MAX_VIEWERS + ")\n").getBytes(
                    StandardCharsets.UTF_8);
            DefaultFullHttpResponse refusal = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1,
                    HttpResponseStatus.SERVICE_UNAVAILABLE, Unpooled.wrappedBuffer(text));
            HttpUtil.setContentLength(refusal, text.length);
            ctx.writeAndFlush(refusal).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream");
        HttpUtil.setTransferEncodingChunked(head, true);
        AdminHandler.protect(head.headers());
        ctx.write(head);
        ctx.writeAndFlush(new DefaultHttpContent(event()));
        viewers.put(ctx.channel(), 0);
        ctx.channel().closeFuture().addListener(closed -> leave(ctx.channel()));
        if (timer == null) {
            timer = ctx.executor().scheduleAtFixedRate(this::send, 1, 1, TimeUnit.SECONDS);
        }
    }

    private void leave(Channel viewer) {
        viewers.remove(viewer);
        if (viewers.isEmpty() && timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private ByteBuf event() {
        return Unpooled.wrappedBuffer("data: ".getBytes(StandardCharsets.UTF_8), snapshot.get(),
                "\n\n".getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a snapshot. Catches every failure, because a scheduled task that throws does not run again. */
    private void send() {
        ByteBuf event = Unpooled.EMPTY_BUFFER;
        try {
            event = event();
            for (Map.Entry<Channel, Integer> viewer : Map.copyOf(viewers).entrySet()) {
                if (viewer.getKey().isWritable()) {
                    viewers.put(viewer.getKey(), 0);
                    viewer.getKey().writeAndFlush(new DefaultHttpContent(event.retainedDuplicate()));
                } else if (viewer.getValue() >= MAX_SKIPPED) {
                    viewer.getKey().close();
                } else {
                    viewers.put(viewer.getKey(), viewer.getValue() + 1);
                }
            }
        } catch (RuntimeException e) {
            LOG.error("no snapshot could be made", e);
        } finally {
            event.release();
        }
    }
}
