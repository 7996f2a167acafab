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
    private final Runnable onRoom;
    private Object writer;
    private long written;
    private long waitingBytes;
    private long messages;
    private long bytes;

    /**
     * @param onRoom runs when messages that waited were written, so that their writers may write more
     */
    FrameOutput(ChannelHandlerContext ctx, Runnable onRoom) {
        this.ctx = ctx;
        this.onRoom = onRoom;
        out = new CoalescingWriter(ctx);
    }

    /**
     * Writes a whole text message.
     *
     * @param by   the writer
     * @param text borrowed
     */
    void message(Object by, ByteBuf text, int from, int length) {
        part(by, text, from, length, true, true);
    }

    /** Writes a whole text message. */
    void message(Object by, byte[] text) {
        message(by, Unpooled.wrappedBuffer(text), 0, text.length);
    }

    /**
     * Writes a part of a text message, in frames of up to 1 MiB.
     *
     * @param by      the writer, which writes one message at a time
     * @param text    borrowed
     * @param isBegin whether the message begins with this part
     * @param isEnd   whether the message ends with this part
     */
    void part(Object by, ByteBuf text, int from, int length, boolean isBegin, boolean isEnd) {
        int at = 0;
        for (; length - at > MAX_FRAME_BYTES; at += MAX_FRAME_BYTES) {
            frame(by, text, from + at, MAX_FRAME_BYTES, isBegin && at == 0, false);
        }
        frame(by, text, from + at, length - at, isBegin && at == 0, isEnd);
    }

    private void frame(Object by, ByteBuf text, int from, int length, boolean isBegin, boolean isEnd) {
        int opcode = isBegin ? FrameScanner.TEXT : FrameScanner.CONTINUATION;
        messages += isEnd ? 1 : 0;
        bytes += length;
        if (writer != null && writer != by) {
            waitFor(by, text, from, length, opcode, isEnd);
            return;
        }
        FrameWriter.writeHead(out.room(HEAD_BYTES), opcode, isEnd, length);
        out.writePart(text, from, length);
        written += length;
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
        boolean wasFull = waitingBytes >= MAX_FRAME_BYTES;
        while (writer == null && !waiting.isEmpty()) {
            Waiting next = waiting.poll();
            waitingBytes -= next.frames.readableBytes();
            written += next.frames.readableBytes();
            writer = next.isOpen ? next.writer : null;
            out.write(next.frames);
        }
        if (wasFull && waitingBytes < MAX_FRAME_BYTES) {
            onRoom.run();
        }
    }

    /** {@return whether the message on the wire is one of this writer's} */
    boolean isWriting(Object by) {
        return writer == by;
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
        written += payload.readableBytes();
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

    /** {@return the number of bytes that were not handed to the network yet} */
    long pendingBytes() {
        return waitingBytes + unsentBytes();
    }

    /** {@return the number of bytes that the downstream has not taken yet} */
    long unsentBytes() {
        return out.pendingBytes();
    }

    /** {@return the number of bytes that were handed to the connection, without heads} */
    long written() {
        return written;
    }

    /**
     * Returns whether a writer may write more: the unsent bytes are below the high-water mark, and the messages that
     * wait are not too many. The writer of the message for whose end they wait must go on in any case.
     */
    boolean isWritable(Object by) {
        return ctx.channel().isWritable() && (waitingBytes < MAX_FRAME_BYTES || writer == by);
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
