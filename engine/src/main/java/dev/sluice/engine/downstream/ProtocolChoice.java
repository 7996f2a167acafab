// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first handler of a connection. It detects the connection's HTTP version and replaces itself with the handler for
 * that version: with TLS the result of ALPN (RFC 9113 section 3.2), in plain text HTTP/2 if the connection begins with
 * its preface (section 3.3). The {@code Upgrade: h2c} of RFC 7540 is ignored: a request that offers it is served as
 * HTTP/1.1.
 *
 * <p><b>Threading:</b> one instance per connection, confined to its loop.
 *
 * <p><b>Pipeline position:</b> last, after the TLS handler, if there is one.
 */
public final class ProtocolChoice extends ChannelInboundHandlerAdapter implements Tickable {
    private static final Logger LOG = LoggerFactory.getLogger(ProtocolChoice.class);
    /**
     * The first bytes of the HTTP/2 preface. The only method that begins with them is PRI, which is reserved (RFC 9113
     * section 11.3).
     */
    private static final byte[] PREFACE = "PRI".getBytes(StandardCharsets.US_ASCII);

    private final DownstreamSettings settings;
    private ChannelHandlerContext ctx;
    private ByteBuf first;
    private LoopTicker ticker;
    private LoopTicker.Entry tick;
    private long sinceNanos;

    /** Creates the first handler of a connection. */
    public ProtocolChoice(DownstreamSettings settings) {
        this.settings = settings;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        if (context.channel().isActive()) {
            open();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        open();
    }

    private void open() {
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        if (tls != null && tls.handshakeFuture().isSuccess()) {
            choose(tls.applicationProtocol());
            return;
        }
        if (ticker == null) {
            ticker = settings.starters().apply(ctx.channel().eventLoop()).ticker();
            sinceNanos = ticker.nanoTime();
            tick = ticker.add(this);
            ctx.read();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslHandshakeCompletionEvent completion) {
            SslHandler tls = context.pipeline().get(SslHandler.class); // another handler may have added it late
            if (completion.isSuccess() && tls != null) {
                choose(tls.applicationProtocol());
            } else {
                LOG.debug("TLS handshake failed: {}", String.valueOf(completion.cause()));
                context.close();
            }
            return;
        }
        context.fireUserEventTriggered(event);
    }

    private void choose(String protocol) {
        replaceBy(ApplicationProtocolNames.HTTP_2.equals(protocol) ? Http2DownstreamHandler.of(settings)
                : new Http1DownstreamHandler(settings, first != null));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (first == null) {
            first = bytes;
            sinceNanos = ticker.nanoTime();
        } else {
            first = Unpooled.wrappedBuffer(first, bytes);
        }
        int known = Math.min(first.readableBytes(), PREFACE.length);
        boolean isPreface = true;
        for (int i = 0; i < known; i++) {
            isPreface &= first.getByte(first.readerIndex() + i) == PREFACE[i];
        }
        if (!isPreface) {
            replaceBy(new Http1DownstreamHandler(settings, first != null));
        } else if (known == PREFACE.length) {
            replaceBy(Http2DownstreamHandler.of(settings));
        }
    }

    private void replaceBy(ChannelHandler handler) {
        removeTick();
        ByteBuf bytes = first;
        first = null;
        ctx.pipeline().addAfter(ctx.name(), null, handler);
        if (bytes != null) {
            ctx.fireChannelRead(bytes);
        }
        ctx.pipeline().remove(this);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.read();
    }

    /**
     * Closes a connection that sends nothing, or no complete preface, in time; the TLS handler has its own deadline.
     */
    @Override
    public void onTick(long nowNanos) {
        long limitNanos = first == null ? settings.timeouts().downstreamIdle().toNanos()
                : settings.timeouts().requestHead().toNanos();
        if (nowNanos - sinceNanos > limitNanos) {
            ctx.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        removeTick();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        removeTick();
        if (first != null) {
            first.release();
            first = null;
        }
    }

    private void removeTick() {
        if (tick != null) {
            ticker.remove(tick);
            tick = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("connection lost before its protocol was known: {}", cause.toString());
        context.close();
    }
}
