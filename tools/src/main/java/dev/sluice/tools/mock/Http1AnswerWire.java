// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import java.nio.charset.StandardCharsets;

/** An answer on an HTTP/1.1 connection. This class writes the head and the body framing itself, as bytes. */
final class Http1AnswerWire implements AnswerWire {
    private static final int FRAMING_BYTES = 16;
    private static final byte[] CRLF = {'\r', '\n'};

    private final ChannelHandlerContext wire;
    private final boolean isChunked;

    /**
     * @param wire    the context to write through; its bytes reach the socket unchanged
     * @param framing the framing of the body
     */
    Http1AnswerWire(ChannelHandlerContext wire, MockOptions.Framing framing) {
        this.wire = wire;
        isChunked = framing == MockOptions.Framing.CHUNKED;
    }

    @Override
    public Channel channel() {
        return wire.channel();
    }

    @Override
    public void head(String requestId) {
        String head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nx-request-id: "
                + requestId + "\r\n" + (isChunked ? "transfer-encoding: chunked" : "connection: close") + "\r\n\r\n";
        wire.writeAndFlush(Unpooled.copiedBuffer(head, StandardCharsets.US_ASCII));
    }

    @Override
    public void frame(ByteBuf batch, byte[] event) {
        if (isChunked) {
            batch.ensureWritable(event.length + FRAMING_BYTES);
            batch.writeBytes(Integer.toHexString(event.length).getBytes(StandardCharsets.US_ASCII));
            batch.writeBytes(CRLF).writeBytes(event).writeBytes(CRLF);
        } else {
            batch.writeBytes(event);
        }
    }

    @Override
    public void send(ByteBuf bytes) {
        wire.writeAndFlush(bytes);
    }

    @Override
    public boolean end() {
        if (isChunked) {
            wire.writeAndFlush(Unpooled.copiedBuffer("0\r\n\r\n", StandardCharsets.US_ASCII));
        } else {
            close();
        }
        return isChunked;
    }

    @Override
    public void close() {
        wire.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void reset() {
        wire.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> {
            wire.channel().config().setOption(ChannelOption.SO_LINGER, 0);
            wire.channel().close();
        });
    }
}
