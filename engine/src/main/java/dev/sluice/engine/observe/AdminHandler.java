// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The handler of the admin listener: it serves a fixed list of pages.
 *
 * <p><b>Pipeline position:</b> last, after an HTTP codec and an aggregator, on a loop that relays nothing.
 */
final class AdminHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(AdminHandler.class);
    private static final String TEXT = "text/plain; charset=utf-8";

    private final List<AdminPage> pages;

    /**
     * @param pages in the order in which the answer to an unknown path lists them
     */
    AdminHandler(List<AdminPage> pages) {
        this.pages = pages;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        FullHttpResponse response = request.decoderResult().isFailure()
                ? text(HttpResponseStatus.BAD_REQUEST, "bad request\n") : answer(request);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    private FullHttpResponse answer(FullHttpRequest request) {
        if (!request.method().equals(HttpMethod.GET)) {
            FullHttpResponse refusal = text(HttpResponseStatus.METHOD_NOT_ALLOWED, "only GET is served here\n");
            refusal.headers().set(HttpHeaderNames.ALLOW, "GET");
            return refusal;
        }
        for (AdminPage page : pages) {
            if (page.path().equals(request.uri())) {
                return render(page);
            }
        }
        return text(HttpResponseStatus.NOT_FOUND, "served here: "
                + pages.stream().map(AdminPage::path).collect(Collectors.joining(", ")) + '\n');
    }

    private static FullHttpResponse render(AdminPage page) {
        ByteBuf body = Unpooled.buffer();
        int status = page.status();
        try (ByteBufOutputStream out = new ByteBufOutputStream(body)) {
            page.write(out);
        } catch (IOException | RuntimeException e) {
            body.release();
            LOG.error("the admin page {} could not be written", page.path(), e);
            return text(HttpResponseStatus.INTERNAL_SERVER_ERROR, "the page could not be written\n");
        }
        return response(HttpResponseStatus.valueOf(status), body, page.contentType());
    }

    private static FullHttpResponse text(HttpResponseStatus status, String text) {
        return response(status, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8), TEXT);
    }

    private static FullHttpResponse response(HttpResponseStatus status, ByteBuf body, String type) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        return response;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.debug("admin connection closed: {}", cause.toString());
        ctx.close();
    }
}
