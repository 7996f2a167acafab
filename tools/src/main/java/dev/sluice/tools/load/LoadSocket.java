// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler.ClientHandshakeStateEvent;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * One WebSocket of the load generator, with a number of lanes that each carry one request at a time. Events are checked
 * as those of a stream: the framing that the mock would have added is added again.
 *
 * <p><b>Threading:</b> confined to its event loop.
 */
final class LoadSocket extends SimpleChannelInboundHandler<WebSocketFrame> {
    private static final int MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
    private static final String TYPE = "{\"type\":\"";
    private static final String LANE = ",\"stream_id\":\"";

    private final Lane[] lanes;
    private final int leaveAfter;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private Channel channel;
    private boolean isReady;
    private boolean isClosed;

    /**
     * @param lanes      number of lanes; a single one is the default lane
     * @param leaveAfter number of events after which the connection is closed; 0 for never
     */
    LoadSocket(int lanes, int leaveAfter) {
        this.lanes = new Lane[lanes];
        for (int i = 0; i < lanes; i++) {
            this.lanes[i] = new Lane(lanes == 1 ? null : "l" + i);
        }
        this.leaveAfter = leaveAfter;
    }

    /** Adds the handlers of the connection. */
    void addTo(ChannelPipeline pipeline, URI target, String key) {
        DefaultHttpHeaders headers = new DefaultHttpHeaders();
        if (key != null) {
            headers.set("authorization", "Bearer " + key);
        }
        URI uri = URI.create(target.toString().replaceFirst("^http", "ws") + "/responses");
        pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(64 * 1024),
                new WebSocketClientProtocolHandler(WebSocketClientProtocolConfig.newBuilder().webSocketUri(uri)
                        .version(WebSocketVersion.V13).customHeaders(headers).maxFramePayloadLength(MAX_MESSAGE_BYTES)
                        .generateOriginHeader(false).handleCloseFrames(false).build()),
                new WebSocketFrameAggregator(MAX_MESSAGE_BYTES), this);
    }

    /** Returns a lane that carries no request; null if there is none, or the connection is closed. */
    Lane free() {
        for (Lane lane : isClosed ? new Lane[0] : lanes) {
            if (lane.answer == null) {
                return lane;
            }
        }
        return null;
    }

    /** Reports that no connection could be made. */
    void fail(String kind) {
        isClosed = true;
        for (Lane lane : lanes) {
            lane.fail(kind);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        channel = ctx.channel();
        ctx.fireChannelActive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
            channel = ctx.channel();
            isReady = true;
            List.copyOf(waiting).forEach(Runnable::run);
            waiting.clear();
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
        if (frame instanceof CloseWebSocketFrame close) {
            fail("closed with status " + close.statusCode());
            ctx.close();
        } else if (frame instanceof TextWebSocketFrame text) {
            onText(ctx, text.text());
        }
    }

    private void onText(ChannelHandlerContext ctx, String text) {
        String data = text;
        Lane lane = lanes[0];
        int at = lanes.length == 1 ? -1 : text.lastIndexOf(LANE);
        if (at >= 0) {
            String name = text.substring(at + LANE.length(), text.indexOf('"', at + LANE.length()));
            lane = lanes[Integer.parseInt(name.substring(1))];
            data = text.substring(0, at) + '}';
        }
        lane.onEvent(ctx, data);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        fail("connection closed");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail(cause.getClass().getSimpleName());
        ctx.close();
    }

    /** One lane. */
    final class Lane {
        private final String name;
        private LoadClient.Answer answer;
        private StreamCheck stream;

        Lane(String name) {
            this.name = name;
        }

        /**
         * Sends a request, now or once the connection is ready.
         *
         * @param body   the body that the request would have over HTTP
         * @param onStamp receives the stamp of each event that has one
         */
        void send(byte[] body, LoadClient.Answer to, LongConsumer onStamp) {
            answer = to;
            stream = new StreamCheck(onStamp);
            ByteBuf text = Unpooled.buffer(body.length + 64);
            text.writeCharSequence("{\"type\":\"response.create\",", StandardCharsets.US_ASCII);
            text.writeBytes(body, 1, body.length - 2);
            text.writeCharSequence(name == null ? "}" : LANE + name + "\"}", StandardCharsets.US_ASCII);
            if (isReady) {
                channel.writeAndFlush(new TextWebSocketFrame(text), channel.voidPromise());
            } else {
                waiting.add(() -> channel.writeAndFlush(new TextWebSocketFrame(text), channel.voidPromise()));
            }
        }

        private void fail(String kind) {
            if (answer != null) {
                LoadClient.Answer failed = answer;
                answer = null;
                failed.onFailure(stream.events() > 0 ? "cut in mid-stream, " + kind : kind);
            }
        }

        private void onEvent(ChannelHandlerContext ctx, String data) {
            if (answer == null || !data.startsWith(TYPE)) {
                return;
            }
            String type = data.substring(TYPE.length(), data.indexOf('"', TYPE.length()));
            if (type.equals("error")) {
                int status = data.indexOf("\"status\":");
                fail("error " + data.substring(status + 9, status + 12));
                return;
            }
            byte[] event = ("event: " + type + "\ndata: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
            stream.add(Unpooled.wrappedBuffer(event));
            if (stream.events() == 1) {
                answer.onFirstEvent();
            }
            answer.onBytes(data.length(), 1);
            if (leaveAfter > 0 && stream.events() >= leaveAfter) {
                LoadClient.Answer left = answer;
                answer = null;
                left.onLeft();
                ctx.close();
            } else if (stream.isComplete()) {
                LoadClient.Answer ended = answer;
                answer = null;
                ended.onEnd(stream.isHashTold(), stream.isRight());
            }
        }
    }
}
