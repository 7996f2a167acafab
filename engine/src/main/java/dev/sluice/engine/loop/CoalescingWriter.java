// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;

/**
 * A writer that copies the small pieces of one flush into one pooled buffer. Copying up to 4 KiB costs less than
 * another buffer in the write, and writing one buffer costs less than writing several.
 *
 * <p>A flush of one buffer, as that of an event is, goes to the socket directly if no handler and no other bytes are in
 * between ({@link Transport#sendNow}). Netty's outbound buffer gets what the socket does not take.
 *
 * <p>Nothing else may write to the channel between a write here and its flush.
 *
 * <p><b>Threading:</b> confined to the connection's loop.
 *
 * <p><b>Ownership:</b> owns the buffers that are not flushed yet, until {@link #release}.
 *
 * <p><b>Allocation per write:</b> none, apart from pooled buffers.
 */
public final class CoalescingWriter {
    /** The longest piece that is copied, in bytes. */
    public static final int COPY_BYTES = 4 * 1024;

    private final ChannelHandlerContext ctx;
    /** A buffer to send as it is, before the pending one. */
    private ByteBuf whole;
    private ByteBuf pending;
    private boolean isReleased;

    /**
     * @param ctx the context of the handler that writes
     */
    public CoalescingWriter(ChannelHandlerContext ctx) {
        this.ctx = ctx;
    }

    /** Returns a buffer with room for {@code bytes} more. The writer keeps ownership; the caller appends at once. */
    public ByteBuf room(int bytes) {
        if (pending != null && pending.maxFastWritableBytes() < bytes) {
            handOn();
        }
        if (pending == null) {
            pending = ctx.alloc().directBuffer(Math.max(bytes, COPY_BYTES));
        }
        return pending;
    }

    /**
     * Writes a buffer; takes it. A small one is copied behind pending bytes if there are any with room for it. After
     * {@link #release}, the bytes are dropped.
     */
    public void write(ByteBuf bytes) {
        if (isReleased) {
            bytes.release();
            return;
        }
        int length = bytes.readableBytes();
        if (pending != null && length <= COPY_BYTES && length <= pending.maxFastWritableBytes()) {
            pending.writeBytes(bytes);
            bytes.release();
            return;
        }
        handOn();
        whole = bytes;
    }

    /** Writes a range of a buffer; borrows it. */
    public void writePart(ByteBuf borrowed, int start, int length) {
        if (length <= COPY_BYTES) {
            room(length).writeBytes(borrowed, start, length);
        } else {
            write(borrowed.retainedSlice(start, length));
        }
    }

    /** Hands all bytes to Netty, in their order. */
    private void handOn() {
        ByteBuf first = whole;
        ByteBuf second = pending;
        whole = null;
        pending = null;
        if (first != null) {
            ctx.write(first, ctx.voidPromise());
        }
        if (second != null) {
            ctx.write(second, ctx.voidPromise());
        }
    }

    /** Sends the written bytes. */
    public void flush() {
        ByteBuf only = pending == null ? whole : whole == null ? pending : null;
        if (only != null && Transport.sendNow(ctx, only)) {
            whole = null;
            pending = null;
            only.release();
            return;
        }
        handOn();
        ctx.flush();
    }

    /** {@return the number of bytes that the socket has not taken yet, with Netty's overhead for each buffer} */
    public long pendingBytes() {
        ChannelOutboundBuffer queued = ctx.channel().unsafe().outboundBuffer();
        return (queued == null ? 0 : queued.totalPendingWriteBytes()) + (whole == null ? 0 : whole.readableBytes())
                + (pending == null ? 0 : pending.readableBytes());
    }

    /** Releases the bytes that were not flushed, because the connection is closed; idempotent. */
    public void release() {
        isReleased = true;
        if (whole != null) {
            whole.release();
            whole = null;
        }
        if (pending != null) {
            pending.release();
            pending = null;
        }
    }
}
