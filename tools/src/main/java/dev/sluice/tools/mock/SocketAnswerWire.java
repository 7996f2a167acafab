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

/** An answer in one lane of a WebSocket: the data of each event is one text message in one frame. */
final class SocketAnswerWire implements AnswerWire {
    private static final int TEXT = 0x81;
    private static final int SHORT = 125;
    private static final int MAX_SHORT = 0xffff;

    private final ChannelHandlerContext wire;
    private final String lane;

    /**
     * @param wire the context to write through; its bytes reach the socket unchanged
     * @param lane the name of the lane; null for the default lane
     */
    SocketAnswerWire(ChannelHandlerContext wire, String lane) {
        this.wire = wire;
        this.lane = lane;
    }

    @Override
    public Channel channel() {
        return wire.channel();
    }

    @Override
    public void head(String requestId) {
        // a message has no head
    }

    @Override
    public void frame(ByteBuf batch, byte[] event) {
        String text = new String(event, StandardCharsets.UTF_8);
        String data = text.substring(text.indexOf("data: ") + "data: ".length()).stripTrailing();
        if (data.startsWith("{")) { // [DONE] and the half of an event are no messages
            message(batch, data);
        }
    }

    /** Appends a message to a batch; borrows it. */
    void message(ByteBuf batch, String data) {
        String whole = lane == null ? data : data.substring(0, data.length() - 1) + ",\"stream_id\":\"" + lane + "\"}";
        byte[] payload = whole.getBytes(StandardCharsets.UTF_8);
        batch.writeByte(TEXT);
        if (payload.length <= SHORT) {
            batch.writeByte(payload.length);
        } else if (payload.length <= MAX_SHORT) {
            batch.writeByte(SHORT + 1).writeShort(payload.length);
        } else {
            batch.writeByte(SHORT + 2).writeLong(payload.length);
        }
        batch.writeBytes(payload);
    }

    @Override
    public void send(ByteBuf bytes) {
        wire.writeAndFlush(bytes);
    }

    @Override
    public boolean end() {
        return true;
    }

    @Override
    public void close() {
        wire.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void reset() {
        wire.channel().config().setOption(ChannelOption.SO_LINGER, 0);
        wire.channel().close();
    }
}
