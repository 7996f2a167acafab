// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;

/**
 * A writer that copies the small pieces of one flush into one pooled buffer. Copying up to 4 KiB costs less than
 * another buffer in the write, and writing one buffer costs less than writing several.
 *
 * <p><b>Threading:</b> confined to the connection's loop.
 *
 * <p><b>Ownership:</b> owns the buffers that are not written yet, until {@link #release}.
 *
 * <p><b>Allocation per write:</b> none, apart from pooled buffers.
 */
public final class CoalescingWriter {
    /** The longest piece that is copied, in bytes. */
    public static final int COPY_BYTES = 4 * 1024;

    private final ChannelHandlerContext ctx;
    private ByteBuf pending;

    /**
     * @param ctx the context of the handler that writes
     */
    public CoalescingWriter(ChannelHandlerContext ctx) {
        this.ctx = ctx;
    }

    /** Returns a buffer with room for {@code bytes} more. The writer keeps ownership; the caller appends at once. */
    public ByteBuf room(int bytes) {
        if (pending != null && pending.maxFastWritableBytes() < bytes) {
            writePending();
        }
        if (pending == null) {
            pending = ctx.alloc().directBuffer(Math.max(bytes, COPY_BYTES));
        }
        return pending;
    }

    /** Writes a buffer; takes it. A small one is copied behind pending bytes if there are any with room for it. */
    public void write(ByteBuf bytes) {
        int length = bytes.readableBytes();
        if (pending != null && length <= COPY_BYTES && length <= pending.maxFastWritableBytes()) {
            pending.writeBytes(bytes);
            bytes.release();
            return;
        }
        writePending();
        ctx.write(bytes, ctx.voidPromise());
    }

    /** Writes a range of a buffer; borrows it. */
    public void writePart(ByteBuf borrowed, int start, int length) {
        if (length <= COPY_BYTES) {
            room(length).writeBytes(borrowed, start, length);
        } else {
            write(borrowed.retainedSlice(start, length));
        }
    }

    private void writePending() {
        if (pending != null) {
            ByteBuf bytes = pending;
            pending = null;
            ctx.write(bytes, ctx.voidPromise());
        }
    }

    /** Writes the pending bytes and flushes. */
    public void flush() {
        writePending();
        ctx.flush();
    }

    /** Releases the pending bytes; idempotent. */
    public void release() {
        if (pending != null) {
            pending.release();
            pending = null;
        }
    }
}
