// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.rewrite;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * Turns received buffers and sorted edits into outgoing ones. Unchanged ranges leave as retained slices of what was
 * received; only replacements are new bytes.
 *
 * <p>A buffer that holds few bytes for its size is copied into one of ours and released at once, so that what is held
 * costs about as much memory as it has bytes.
 *
 * <p>The caller decides how far may be sent ({@link #drain}): a byte leaves only when no edit can touch it any more.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> takes what is {@link #append}ed, returns what it
 * drains; {@link #release} gives back whatever is still held.
 */
public final class BodyRewriter {
    private static final int MAX_WASTE_FACTOR = 4;
    private static final int MAX_TAIL_BYTES = 16 * 1024;

    private final ArrayDeque<ByteBuf> held = new ArrayDeque<>(4);
    private final ArrayDeque<Edit> edits = new ArrayDeque<>(2);
    private long received;
    private long drained;
    private long lastEditEnd;
    private long delta;
    private ByteBuf tail;

    /** Creates a rewriter of one body. */
    public BodyRewriter() {
    }

    /** Takes the next bytes of the body. */
    public void append(ByteBuf bytes) {
        if (!bytes.isReadable()) {
            bytes.release();
            return;
        }
        received += bytes.readableBytes();
        if (bytes.capacity() <= MAX_WASTE_FACTOR * bytes.readableBytes()) {
            held.add(bytes);
            return;
        }
        // A few bytes in a large buffer: keeping it would keep far more memory than is accounted for.
        ByteBuf last = held.peekLast();
        if (last == null || last != tail || !tail.isWritable(bytes.readableBytes())) {
            tail = bytes.alloc().directBuffer(Math.max(bytes.readableBytes(),
                    (int) Math.min(MAX_TAIL_BYTES, heldBytes())));
            held.add(tail);
        }
        tail.writeBytes(bytes);
        bytes.release();
    }

    /**
     * Adds an edit, in the order of their offsets.
     *
     * @throws IllegalArgumentException where it overlaps an earlier edit or bytes that have left already
     */
    public void edit(Edit edit) {
        if (edit.start() < Math.max(drained, lastEditEnd)) {
            throw new IllegalArgumentException("edit at " + edit.start() + " (expected: at or after "
                    + Math.max(drained, lastEditEnd) + ")");
        }
        lastEditEnd = edit.end();
        delta += edit.delta();
        edits.add(edit);
    }

    /** Returns how many bytes were appended. */
    public long receivedBytes() {
        return received;
    }

    /** Returns how many bytes are held here. */
    public long heldBytes() {
        return received - drained;
    }

    /** Returns by how many bytes all edits so far make the body longer; negative for shorter. */
    public long delta() {
        return delta;
    }

    /**
     * Sends on everything before {@code limit}, edited.
     *
     * @param limit offset in the received body; an edit that reaches over it stays until it fits
     * @param out   takes each buffer
     */
    public void drain(long limit, Consumer<ByteBuf> out) {
        drainTo(Math.min(limit, received), out);
    }

    private void drainTo(long limit, Consumer<ByteBuf> out) {
        while (drained <= limit) {
            Edit next = edits.peek();
            if (next == null || next.start() >= limit && !(next.start() == limit && next.end() == limit)) {
                drainUnchanged(limit, out);
                return;
            }
            drainUnchanged(next.start(), out);
            if (next.end() > limit) {
                return;
            }
            edits.remove();
            skip(next.end() - next.start());
            if (next.replacement().length > 0) {
                out.accept(Unpooled.wrappedBuffer(next.replacement()));
            }
        }
    }

    private void drainUnchanged(long end, Consumer<ByteBuf> out) {
        while (drained < end) {
            ByteBuf first = held.peek();
            int wanted = (int) Math.min(end - drained, first.readableBytes());
            drained += wanted;
            if (wanted == first.readableBytes()) {
                out.accept(held.remove());
            } else {
                out.accept(first.readRetainedSlice(wanted));
            }
        }
    }

    private void skip(long count) {
        long end = drained + count;
        while (drained < end) {
            ByteBuf first = held.peek();
            int wanted = (int) Math.min(end - drained, first.readableBytes());
            drained += wanted;
            first.skipBytes(wanted);
            if (!first.isReadable()) {
                held.remove().release();
            }
        }
    }

    /**
     * Returns a copy of bytes that are held, as they were received.
     *
     * @throws IllegalArgumentException where some of them have left already, or have not come
     */
    public byte[] copyOf(long start, long end) {
        if (start < drained || end > received) {
            throw new IllegalArgumentException("bytes " + start + " to " + end + " (expected: within " + drained
                    + " to " + received + ")");
        }
        byte[] copy = new byte[Math.toIntExact(end - start)];
        long at = drained;
        int copied = 0;
        for (ByteBuf bytes : held) {
            long to = at + bytes.readableBytes();
            if (to > start && at < end) {
                int from = (int) Math.max(0, start - at);
                int count = (int) (Math.min(end, to) - at) - from;
                bytes.getBytes(bytes.readerIndex() + from, copy, copied, count);
                copied += count;
            }
            at = to;
        }
        return copy;
    }

    /** Tells every buffer that is held, in order; each is borrowed. */
    public void forEachHeld(Consumer<ByteBuf> borrower) {
        held.forEach(borrower);
    }

    /** Releases whatever is held; idempotent. */
    public void release() {
        for (ByteBuf bytes = held.poll(); bytes != null; bytes = held.poll()) {
            bytes.release();
        }
        edits.clear();
        drained = received;
    }
}
