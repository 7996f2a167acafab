// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import dev.sluice.engine.spi.MetricsFormat;
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
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin pages: {@code /health/live}, {@code /health/ready} (503 from the start of a drain on) and {@code /metrics}.
 *
 * <p><b>Pipeline position:</b> last, after an HTTP codec and an aggregator, on a loop that relays nothing.
 */
public final class AdminHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(AdminHandler.class);
    private static final String JSON = "application/json";
    private static final String TEXT = "text/plain; charset=utf-8";

    private final Metrics metrics;
    private final MetricsFormat format;
    private final BooleanSupplier isReady;
    private final Supplier<String> endpoints;

    /**
     * @param metrics what {@code /metrics} shows
     * @param format  how; null where that page is not served
     * @param isReady whether new exchanges are welcome
     * @param endpoints what {@code /endpoints} shows, in JSON
     */
    public AdminHandler(Metrics metrics, MetricsFormat format, BooleanSupplier isReady, Supplier<String> endpoints) {
        this.endpoints = endpoints;
        this.metrics = metrics;
        this.format = format;
        this.isReady = isReady;
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
        return switch (request.uri()) {
            case "/health/live" -> text(HttpResponseStatus.OK, "live\n");
            case "/health/ready" -> isReady.getAsBoolean() ? text(HttpResponseStatus.OK, "ready\n")
                    : text(HttpResponseStatus.SERVICE_UNAVAILABLE, "draining\n");
            case "/metrics" -> metrics();
            case "/endpoints" -> text(HttpResponseStatus.OK, endpoints.get(), JSON);
            default -> text(HttpResponseStatus.NOT_FOUND,
                    "served here: /health/live, /health/ready, /metrics, /endpoints\n");
        };
    }

    private FullHttpResponse metrics() {
        if (format == null) {
            return text(HttpResponseStatus.NOT_FOUND, "this relay was started without a metrics format\n");
        }
        ByteBuf page = Unpooled.buffer();
        try (ByteBufOutputStream out = new ByteBufOutputStream(page)) {
            format.write(metrics.snapshot(), out);
        } catch (IOException | RuntimeException e) {
            LOG.error("the metrics page was not written", e);
            return text(HttpResponseStatus.INTERNAL_SERVER_ERROR, "the metrics could not be written\n");
        }
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, page);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, format.contentType());
        return response;
    }

    private static FullHttpResponse text(HttpResponseStatus status, String text) {
        return text(status, text, TEXT);
    }

    private static FullHttpResponse text(HttpResponseStatus status, String text, String type) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status,
                Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        return response;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.debug("admin connection closed: {}", cause.toString());
        ctx.close();
    }
}
