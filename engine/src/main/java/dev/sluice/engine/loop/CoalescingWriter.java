// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;

/**
 * Writes to a connection, with the small pieces of one flush in one pooled buffer: copying up to 4 KiB costs less than
 * another buffer in the write, and a write of one buffer less than one of several.
 *
 * <p><b>Threading:</b> confined to the connection's loop. <b>Ownership:</b> owns what it has not written yet, until
 * {@link #release}. <b>Allocation per write:</b> none but of pooled buffers.
 */
public final class CoalescingWriter {
    /** Up to how many bytes are copied. */
    public static final int COPY_BYTES = 4 * 1024;

    private final ChannelHandlerContext ctx;
    private ByteBuf pending;

    /**
     * @param ctx of the handler that writes
     */
    public CoalescingWriter(ChannelHandlerContext ctx) {
        this.ctx = ctx;
    }

    /** Returns a buffer with room for {@code bytes}, to be appended to at once; it stays the writer's. */
    public ByteBuf room(int bytes) {
        if (pending != null && pending.maxFastWritableBytes() < bytes) {
            writePending();
        }
        if (pending == null) {
            pending = ctx.alloc().directBuffer(Math.max(bytes, COPY_BYTES));
        }
        return pending;
    }

    /** Writes a buffer; takes it. A small one goes with what is before it; if that is nothing, it goes as it is. */
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

    /** Writes a part of a borrowed buffer. */
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

    /** Sends everything. */
    public void flush() {
        writePending();
        ctx.flush();
    }

    /** Releases what was not written; idempotent. */
    public void release() {
        if (pending != null) {
            pending.release();
            pending = null;
        }
    }
}
