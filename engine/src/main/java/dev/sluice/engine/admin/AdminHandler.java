// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The handler of the admin listener: it serves a fixed list of pages, each to requests that are let in.
 *
 * <p><b>Pipeline position:</b> last, after an HTTP codec and an aggregator, on a loop that relays nothing.
 */
final class AdminHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(AdminHandler.class);
    /** The time for a request and its answer. */
    private static final int MAX_SECONDS = 30;
    /** The page needs nothing from elsewhere, and no other page may frame it. */
    private static final String CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline';"
            + " script-src 'unsafe-inline'; connect-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none';"
            + " form-action 'none'";

    private final AdminAccess access;
    private final List<AdminPage> pages;
    private final LiveFeed feed;
    private Future<?> timeout;

    /**
     * @param pages in the order in which the answer to an unknown path lists them
     * @param feed  serves its own path as an event stream
     */
    AdminHandler(AdminAccess access, List<AdminPage> pages, LiveFeed feed) {
        this.access = access;
        this.pages = pages;
        this.feed = feed;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        timeout = ctx.executor().schedule(() -> {
            ctx.close();
        }, MAX_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        timeout.cancel(false);
        ctx.fireChannelInactive();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            end(ctx, AdminAnswer.text(400, "bad request\n"), null);
            return;
        }
        String path;
        try {
            path = new QueryStringDecoder(request.uri()).path();
        } catch (IllegalArgumentException malformed) {
            end(ctx, AdminAnswer.text(400, "the path is malformed\n"), null);
            return;
        }
        AdminPage page = page(path);
        AdminPage asked = page == null ? feed : page; // an unknown path is as private as any other
        AdminAnswer refusal = access.refusal(asked, request.method().name(),
                request.headers().getAll(HttpHeaderNames.HOST),
                request.headers().getAll(HttpHeaderNames.AUTHORIZATION));
        if (refusal != null) {
            end(ctx, refusal, null);
        } else if (page == null) {
            end(ctx, AdminAnswer.text(404, "served here: " + pages.stream().map(AdminPage::path)
                    .collect(Collectors.joining(", ")) + '\n'), null);
        } else if (!page.methods().contains(request.method().name())) {
            end(ctx, AdminAnswer.text(405, "only " + allowed(page) + " is served here\n"), page);
        } else if (page == feed) {
            timeout.cancel(false);
            feed.join(ctx);
        } else {
            byte[] body = new byte[request.content().readableBytes()];
            request.content().readBytes(body);
            end(ctx, answer(page, new AdminRequest(request.method().name(), path,
                    String.join(", ", request.headers().getAll(HttpHeaderNames.ACCEPT)), body)), null);
        }
    }

    private AdminPage page(String path) {
        for (AdminPage page : pages) {
            String own = page.path();
            boolean isAbove = own.length() > 1 && own.endsWith("/");
            if (path.equals(own) || isAbove && (path.startsWith(own) || path.concat("/").equals(own))) {
                return page;
            }
        }
        return null;
    }

    private static String allowed(AdminPage page) {
        return page.methods().stream().sorted().collect(Collectors.joining(", "));
    }

    private static AdminAnswer answer(AdminPage page, AdminRequest request) {
        try {
            return page.answer(request);
        } catch (IOException | RuntimeException e) {
            LOG.error("the admin page {} could not be made", page.path(), e);
            return AdminAnswer.text(500, "the page could not be made\n");
        }
    }

    private static void end(ChannelHandlerContext ctx, AdminAnswer answer, AdminPage refused) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(answer.status()), Unpooled.wrappedBuffer(answer.body()));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, answer.contentType());
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, answer.body().length);
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        protect(response.headers());
        if (answer.status() == 401) {
            response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Basic realm=\"sluice\", charset=\"UTF-8\"");
        }
        if (refused != null) {
            response.headers().set(HttpHeaderNames.ALLOW, allowed(refused));
        }
        ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    static void protect(HttpHeaders headers) {
        headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        headers.set("content-security-policy", CONTENT_SECURITY_POLICY);
        headers.set("x-content-type-options", "nosniff");
        headers.set("referrer-policy", "no-referrer");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.debug("admin connection from {} closed: {}", ctx.channel().remoteAddress(), cause.toString());
        ctx.close();
    }
}
