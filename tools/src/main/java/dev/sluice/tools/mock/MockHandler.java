// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A handler that answers the requests of one HTTP/1.1 connection, or the request of one HTTP/2 stream. */
final class MockHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final int MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

    private final MockOptions defaults;
    private final Consumer<MockReport> reports;
    private StreamedAnswer streaming;

    MockHandler(MockOptions defaults, Consumer<MockReport> reports) {
        this.defaults = defaults;
        this.reports = reports;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) throws IOException {
        String path = request.uri().split("\\?", 2)[0];
        if (request.decoderResult().isFailure()) {
            answer(ctx, request, error(HttpResponseStatus.BAD_REQUEST, "not HTTP"));
        } else if (defaults.isWebSocket && path.endsWith("/responses") && request.headers().contains(
                HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)) {
            upgrade(ctx, request);
        } else if (request.method().equals(HttpMethod.GET) && path.endsWith("/models")) {
            answer(ctx, request, json(HttpResponseStatus.OK, models()));
        } else if (request.method().equals(HttpMethod.POST) && (path.endsWith("/responses")
                || path.endsWith("/responses/compact"))) {
            onResponses(ctx, request);
        } else {
            answer(ctx, request, error(HttpResponseStatus.NOT_FOUND,
                    "The mock serves /responses, /responses/compact and /models"));
        }
    }

    private void upgrade(ChannelHandlerContext ctx, FullHttpRequest request) {
        WebSocketServerHandshaker handshaker = new WebSocketServerHandshakerFactory(request.uri(), null, false,
                MAX_MESSAGE_BYTES).newHandshaker(request);
        if (handshaker == null) {
            WebSocketServerHandshakerFactory.sendUnsupportedVersionResponse(ctx.channel());
            return;
        }
        handshaker.handshake(ctx.channel(), request);
        ctx.pipeline().addAfter(ctx.name(), null, new MockSocket(defaults, reports));
        ctx.pipeline().addAfter(ctx.name(), null, new WebSocketFrameAggregator(MAX_MESSAGE_BYTES));
        ctx.pipeline().remove(this);
    }

    private static ObjectNode models() {
        ObjectNode list = ResponseObject.JSON.createObjectNode().put("object", "list");
        list.putArray("data").addObject().put("id", "gpt-5.2-codex").put("object", "model").put("created", 0)
                .put("owned_by", "mock");
        return list;
    }

    private void onResponses(ChannelHandlerContext ctx, FullHttpRequest request) throws IOException {
        byte[] body = ByteBufUtil.getBytes(request.content());
        JsonNode json;
        MockOptions options;
        try {
            json = ResponseObject.JSON.readTree(body);
            options = defaults.with(json.path("metadata"));
        } catch (JsonProcessingException | IllegalArgumentException e) {
            answer(ctx, request, error(HttpResponseStatus.BAD_REQUEST, "The body is wrong: "
                    + e.getClass().getSimpleName()));
            return;
        }
        if (!json.isObject() || !json.path("model").isTextual()) {
            answer(ctx, request, error(HttpResponseStatus.BAD_REQUEST, "model: missing (expected: a string)"));
            return;
        }
        ResponseObject response = new ResponseObject(body, json);
        String call = response.callWithoutRequest(id -> json.hasNonNull("previous_response_id")
                || json.hasNonNull("conversation"));
        if (call != null) {
            answer(ctx, request, error(HttpResponseStatus.BAD_REQUEST, "No tool call found for the output with call_id "
                    + call));
            return;
        }
        boolean isCompact = request.uri().split("\\?", 2)[0].endsWith("/compact");
        FullHttpRequest kept = request.retain();
        Runnable start = () -> {
            try {
                if (isCompact && options.status == HttpResponseStatus.OK.code()) {
                    answer(ctx, kept, json(HttpResponseStatus.OK, response.compacted()));
                } else {
                    respond(ctx, kept, response, options, json.path("stream").asBoolean());
                }
            } finally {
                kept.release();
            }
        };
        if (options.headDelayMillis > 0) {
            Future<?> delayed = ctx.executor().schedule(start, options.headDelayMillis, TimeUnit.MILLISECONDS);
            ctx.channel().closeFuture().addListener(closed -> {
                if (delayed.cancel(false)) {
                    kept.release();
                }
            });
        } else {
            start.run();
        }
    }

    private void respond(ChannelHandlerContext ctx, FullHttpRequest request, ResponseObject response,
            MockOptions options, boolean isStreaming) {
        if (options.status != HttpResponseStatus.OK.code()) {
            answer(ctx, request, error(HttpResponseStatus.valueOf(options.status), "The mock was told to refuse."));
            return;
        }
        if (isStreaming) {
            // Writes start below the encoder, because the answer does its own framing.
            ChannelHandlerContext http1 = ctx.pipeline().context(HttpRequestDecoder.class);
            AnswerWire wire = http1 != null ? new Http1AnswerWire(http1, options.framing)
                    : new Http2AnswerWire(ctx.pipeline().context(Http2StreamFrameToHttpObjectCodec.class));
            boolean isClosing = http1 != null && !HttpUtil.isKeepAlive(request);
            streaming = new StreamedAnswer(wire, response, options, reports, () -> {
                streaming = null;
                if (isClosing) {
                    wire.close();
                }
            });
            streaming.start();
            return;
        }
        FullHttpResponse answer = json(HttpResponseStatus.OK, collected(response, options));
        byte[] bytes = ByteBufUtil.getBytes(answer.content());
        String hash = sha256(bytes);
        answer.headers().set("x-mock-sha256", hash);
        reports.accept(new MockReport(response.id(), HttpResponseStatus.OK.code(), 0, bytes.length, hash, "complete"));
        answer(ctx, request, answer);
    }

    /** Returns the response from the last event of the equivalent stream, as one document. */
    private static JsonNode collected(ResponseObject response, MockOptions options) {
        EventSequence events = new EventSequence(response, options);
        byte[] last = events.next();
        while (events.hasNext()) {
            byte[] next = events.next();
            last = next[0] == 'e' ? next : last; // [DONE] has no event line
        }
        String text = new String(last, java.nio.charset.StandardCharsets.UTF_8);
        try {
            return ResponseObject.JSON.readTree(text.substring(text.indexOf("data: ") + 6)).get("response");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("event: not JSON (expected: the JSON just written)", e);
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: part of every Java platform)", e);
        }
    }

    private static FullHttpResponse error(HttpResponseStatus status, String message) {
        ObjectNode body = ResponseObject.JSON.createObjectNode();
        ArrayNode unused = null;
        body.putObject("error").put("message", message).put("type", status.code() >= 500 ? "server_error"
                : "invalid_request_error").put("code", "mock").set("param", unused);
        return json(status, body);
    }

    private static FullHttpResponse json(HttpResponseStatus status, JsonNode body) {
        byte[] bytes = body.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status,
                Unpooled.wrappedBuffer(bytes));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, bytes.length);
        return response;
    }

    private static void answer(ChannelHandlerContext ctx, FullHttpRequest request, FullHttpResponse response) {
        boolean isKeepAlive = HttpUtil.isKeepAlive(request) && !request.decoderResult().isFailure();
        HttpUtil.setKeepAlive(response, isKeepAlive);
        ctx.writeAndFlush(response).addListener(done -> {
            if (!isKeepAlive) {
                ctx.close();
            }
        });
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (streaming != null) {
            streaming.pump();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (streaming != null) {
            streaming.onClosed();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close(); // a reset is a normal end here; the report records it
    }
}
