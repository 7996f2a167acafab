// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;

/** An answer on an HTTP/2 stream. Each write becomes a DATA frame. */
final class Http2AnswerWire implements AnswerWire {
    private final ChannelHandlerContext stream;

    /**
     * @param stream the context in the stream's channel to write frames through
     */
    Http2AnswerWire(ChannelHandlerContext stream) {
        this.stream = stream;
    }

    @Override
    public Channel channel() {
        return stream.channel();
    }

    @Override
    public void head(String requestId) {
        stream.writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200")
                .set("content-type", "text/event-stream; charset=utf-8").set("x-request-id", requestId)));
    }

    @Override
    public void frame(ByteBuf batch, byte[] event) {
        batch.writeBytes(event);
    }

    @Override
    public void send(ByteBuf bytes) {
        stream.writeAndFlush(new DefaultHttp2DataFrame(bytes));
    }

    @Override
    public boolean end() {
        stream.writeAndFlush(new DefaultHttp2DataFrame(true));
        return true;
    }

    @Override
    public void close() {
        channel().parent().close();
    }

    @Override
    public void reset() {
        stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR));
    }
}
