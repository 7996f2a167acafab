// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.rewrite;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.function.Consumer;

/**
 * A rewriter that applies sorted edits to the received buffers of one body. Unchanged ranges leave as the received
 * buffers or retained slices of them; only replacements are new bytes.
 *
 * <p>A buffer that holds few bytes for its capacity is copied to a buffer of the rewriter and released at once, so that
 * the held bytes use about as much memory as there are bytes.
 *
 * <p>The caller decides how much may be sent ({@link #drain}): it must not drain a byte that a later edit may change.
 *
 * <p><b>Threading:</b> confined to one event loop.
 *
 * <p><b>Ownership:</b> takes the buffers that are {@link #append}ed and returns the buffers that it drains;
 * {@link #release} releases all buffers that are still held.
 */
public final class BodyRewriter {
    private static final int MAX_WASTE_FACTOR = 4;
    private static final int MAX_TAIL_BYTES = 16 * 1024;
    /** Entries of drained buffers above which the list is trimmed, if they also make up more than half of it. */
    private static final int MAX_REMOVED = 64;

    private final ArrayList<Held> held = new ArrayList<>(4);
    private int first;
    private final ArrayDeque<Edit> edits = new ArrayDeque<>(2);
    private long received;
    private long drained;
    private long lastEditEnd;
    private long delta;
    private ByteBuf tail;

    /** Creates a rewriter for one body. */
    public BodyRewriter() {
    }

    /**
     * Appends the next bytes of the body.
     *
     * @param bytes taken; an empty buffer is released at once
     */
    public void append(ByteBuf bytes) {
        if (!bytes.isReadable()) {
            bytes.release();
            return;
        }
        received += bytes.readableBytes();
        if (bytes.capacity() <= MAX_WASTE_FACTOR * bytes.readableBytes()) {
            held.add(new Held(received - bytes.readableBytes(), bytes.readerIndex(), bytes));
            return;
        }
        // Keeping a few bytes in a large buffer would use far more memory than is accounted for.
        ByteBuf last = first < held.size() ? held.get(held.size() - 1).bytes : null;
        if (last == null || last != tail || !tail.isWritable(bytes.readableBytes())) {
            tail = bytes.alloc().directBuffer(Math.max(bytes.readableBytes(),
                    (int) Math.min(MAX_TAIL_BYTES, heldBytes())));
            held.add(new Held(received - bytes.readableBytes(), 0, tail));
        }
        tail.writeBytes(bytes);
        bytes.release();
    }

    /**
     * Adds an edit. Edits must be added in the order of their offsets.
     *
     * @param edit the edit; may extend beyond the bytes received so far
     * @throws IllegalArgumentException if the edit starts before the end of an earlier one or before a drained byte
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

    /** {@return the number of bytes appended so far} */
    public long receivedBytes() {
        return received;
    }

    /** {@return the number of received bytes that have not been drained} */
    public long heldBytes() {
        return received - drained;
    }

    /** {@return the number of bytes by which all edits so far make the body longer; negative if shorter} */
    public long delta() {
        return delta;
    }

    /**
     * Drains everything before {@code limit}, with the edits applied.
     *
     * @param limit offset in the received body; an edit that extends beyond it waits for a larger limit
     * @param out   takes each buffer
     */
    public void drain(long limit, Consumer<ByteBuf> out) {
        drainTo(Math.min(limit, received), out);
    }

    /**
     * Drains about {@code bytes} of the bytes before {@code limit}, with the edits applied. The first edit among them
     * is drained in full, regardless of its length.
     *
     * @param limit offset in the received body, as for {@link #drain}
     * @param bytes number of bytes of the received body; at least 1
     * @param out   takes each buffer
     */
    public void drainSome(long limit, int bytes, Consumer<ByteBuf> out) {
        long end = drained + bytes;
        Edit next = edits.peek();
        if (next != null && next.start() < end) {
            end = Math.max(end, next.end());
        }
        drainTo(Math.min(end, Math.min(limit, received)), out);
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
            ByteBuf next = held.get(first).bytes;
            int wanted = (int) Math.min(end - drained, next.readableBytes());
            drained += wanted;
            if (wanted == next.readableBytes()) {
                removeFirst();
                out.accept(next);
            } else {
                out.accept(next.readRetainedSlice(wanted));
            }
        }
    }

    private void removeFirst() {
        held.set(first++, null);
        if (first == held.size() || first > MAX_REMOVED && first > held.size() / 2) {
            held.subList(0, first).clear();
            first = 0;
        }
    }

    private void skip(long count) {
        long end = drained + count;
        while (drained < end) {
            ByteBuf next = held.get(first).bytes;
            int wanted = (int) Math.min(end - drained, next.readableBytes());
            drained += wanted;
            next.skipBytes(wanted);
            if (!next.isReadable()) {
                removeFirst();
                next.release();
            }
        }
    }

    /**
     * Returns a copy of held bytes, as received.
     *
     * @param start offset of the first byte in the received body
     * @param end   offset after the last byte in the received body
     * @return the bytes without any edits; the caller may change the array
     * @throws IllegalArgumentException if some of the bytes have been drained, or have not been received
     */
    public byte[] copyOf(long start, long end) {
        if (start < drained || end > received) {
            throw new IllegalArgumentException("bytes " + start + " to " + end + " (expected: within " + drained
                    + " to " + received + ")");
        }
        byte[] copy = new byte[Math.toIntExact(end - start)];
        int copied = 0;
        for (int i = indexOf(start); copied < copy.length; i++) {
            Held piece = held.get(i);
            int from = piece.index + (int) (start + copied - piece.offset);
            int count = Math.min(copy.length - copied, piece.bytes.writerIndex() - from);
            piece.bytes.getBytes(from, copy, copied, count);
            copied += count;
        }
        return copy;
    }

    /** Returns the list index of the held buffer that contains the byte at an offset of the body. */
    private int indexOf(long offset) {
        int low = first;
        int high = held.size() - 1;
        while (low < high) {
            int middle = low + high + 1 >>> 1;
            if (held.get(middle).offset <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /**
     * A held buffer.
     *
     * @param offset offset of its first byte in the body
     * @param index  index of that byte in the buffer
     * @param bytes  owned by the rewriter; its reader index moves as it is drained
     */
    private record Held(long offset, int index, ByteBuf bytes) {
    }

    /**
     * Passes every held buffer to a consumer, in order. Drained bytes are not readable in it.
     *
     * @param borrower borrows each buffer
     */
    public void forEachHeld(Consumer<ByteBuf> borrower) {
        held.subList(first, held.size()).forEach(piece -> borrower.accept(piece.bytes));
    }

    /** Releases all held buffers and discards all pending edits. Idempotent. */
    public void release() {
        held.subList(first, held.size()).forEach(piece -> piece.bytes.release());
        held.clear();
        first = 0;
        edits.clear();
        drained = received;
    }
}
