// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.engine.loop.CoalescingWriter;
import dev.sluice.protocol.websocket.CloseStatus;
import dev.sluice.protocol.websocket.FrameScanner;
import dev.sluice.protocol.websocket.FrameWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * The frames that go to a downstream. Messages of several writers may be under way at a time, but frames of two
 * messages must not mix (RFC 6455 section 5.4): while a long message is being written in fragments, the messages of
 * other writers wait. Control frames go between any two frames.
 *
 * <p><b>Threading:</b> confined to the connection's loop. <b>Ownership:</b> borrows what it writes; owns what waits.
 * <b>Allocation per message:</b> none, apart from pooled buffers.
 */
final class FrameOutput {
    /** The longest frame. The Codex CLI refuses frames of over 16 MiB. */
    static final int MAX_FRAME_BYTES = 1024 * 1024;

    private static final int HEAD_BYTES = 10;
    private static final int MAX_REASON_BYTES = FrameWriter.MAX_CONTROL_BYTES - 2;

    private final ChannelHandlerContext ctx;
    private final CoalescingWriter out;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>(0);
    private Object writer;
    private long waitingBytes;
    private long messages;
    private long bytes;

    FrameOutput(ChannelHandlerContext ctx) {
        this.ctx = ctx;
        out = new CoalescingWriter(ctx);
    }

    /**
     * Writes a whole text message.
     *
     * @param by   the writer
     * @param text borrowed
     */
    void message(Object by, ByteBuf text, int from, int length) {
        if (length <= MAX_FRAME_BYTES) {
            part(by, text, from, length, true, true);
            return;
        }
        for (int i = 0; i < length; i += MAX_FRAME_BYTES) {
            int step = Math.min(MAX_FRAME_BYTES, length - i);
            part(by, text, from + i, step, i == 0, i + step == length);
        }
    }

    /** Writes a whole text message. */
    void message(Object by, byte[] text) {
        message(by, Unpooled.wrappedBuffer(text), 0, text.length);
    }

    /**
     * Writes a part of a text message as one frame.
     *
     * @param by      the writer, which writes one message at a time
     * @param text    borrowed
     * @param isBegin whether the message begins with this part
     * @param isEnd   whether the message ends with this part
     */
    void part(Object by, ByteBuf text, int from, int length, boolean isBegin, boolean isEnd) {
        int opcode = isBegin ? FrameScanner.TEXT : FrameScanner.CONTINUATION;
        messages += isEnd ? 1 : 0;
        bytes += length;
        if (writer != null && writer != by) {
            waitFor(by, text, from, length, opcode, isEnd);
            return;
        }
        FrameWriter.writeHead(out.room(HEAD_BYTES), opcode, isEnd, length);
        out.writePart(text, from, length);
        writer = isEnd ? null : by;
        if (isEnd && !waiting.isEmpty()) {
            writeWaiting();
        }
    }

    private void waitFor(Object by, ByteBuf text, int from, int length, int opcode, boolean isEnd) {
        Waiting last = null;
        for (Waiting each : waiting) {
            last = each.writer == by && each.isOpen ? each : last;
        }
        if (last == null) {
            last = new Waiting(by, ctx.alloc().directBuffer(HEAD_BYTES + length));
            waiting.add(last);
        }
        int before = last.frames.readableBytes();
        FrameWriter.writeHead(last.frames, opcode, isEnd, length);
        last.frames.writeBytes(text, from, length);
        last.isOpen = !isEnd;
        waitingBytes += last.frames.readableBytes() - before;
    }

    private void writeWaiting() {
        while (writer == null && !waiting.isEmpty()) {
            Waiting next = waiting.poll();
            waitingBytes -= next.frames.readableBytes();
            writer = next.isOpen ? next.writer : null;
            out.write(next.frames);
        }
    }

    /** {@return whether the writer is within a message} */
    boolean isWithinMessage(Object by) {
        if (writer == by) {
            return true;
        }
        for (Waiting each : waiting) {
            if (each.writer == by && each.isOpen) {
                return true;
            }
        }
        return false;
    }

    /**
     * Gives up a message that will not be completed; the connection must be closed, unless its frames still wait.
     *
     * @return whether the message has begun on the wire, so that nothing but a close may follow
     */
    boolean giveUp(Object by) {
        Iterator<Waiting> all = waiting.iterator();
        while (all.hasNext()) {
            Waiting each = all.next();
            if (each.writer == by && each.isOpen) {
                waitingBytes -= each.frames.readableBytes();
                each.frames.release();
                all.remove();
            }
        }
        return writer == by;
    }

    /** Writes a ping or pong; borrows its payload. */
    void control(int opcode, ByteBuf payload) {
        ByteBuf room = out.room(HEAD_BYTES + payload.readableBytes());
        FrameWriter.writeHead(room, opcode, true, payload.readableBytes());
        room.writeBytes(payload, payload.readerIndex(), payload.readableBytes());
    }

    /**
     * Writes a close frame.
     *
     * @param status the status; {@link CloseStatus#NO_STATUS} for a frame without one
     * @param reason a few words in UTF-8, cut to fit; empty for none
     */
    void close(int status, String reason) {
        ByteBuf payload = ctx.alloc().buffer(FrameWriter.MAX_CONTROL_BYTES);
        try {
            if (status != CloseStatus.NO_STATUS) {
                payload.writeShort(status);
                String cut = reason;
                while (ByteBufUtil.utf8Bytes(cut) > MAX_REASON_BYTES) {
                    cut = cut.substring(0, cut.offsetByCodePoints(cut.length(), -1));
                }
                ByteBufUtil.writeUtf8(payload, cut);
            }
            control(FrameScanner.CLOSE, payload);
        } finally {
            payload.release();
        }
    }

    void flush() {
        out.flush();
    }

    /** {@return the number of bytes that the downstream has not taken yet} */
    long pendingBytes() {
        ChannelOutboundBuffer buffer = ctx.channel().unsafe().outboundBuffer();
        return waitingBytes + (buffer == null ? 0 : buffer.totalPendingWriteBytes());
    }

    /** {@return whether the unsent bytes are below the high-water mark} */
    boolean isWritable() {
        return ctx.channel().isWritable() && waitingBytes < MAX_FRAME_BYTES;
    }

    /** {@return the number of messages written} */
    long messages() {
        return messages;
    }

    /** {@return the number of payload bytes written in messages} */
    long bytes() {
        return bytes;
    }

    /** Releases what was not written; idempotent. */
    void release() {
        out.release();
        for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
            next.frames.release();
        }
        waitingBytes = 0;
    }

    /** The frames of one message, or of the part of it that is known, which wait for the end of another message. */
    private static final class Waiting {
        private final Object writer;
        private final ByteBuf frames;
        private boolean isOpen = true;

        Waiting(Object writer, ByteBuf frames) {
            this.writer = writer;
            this.frames = frames;
        }
    }
}
