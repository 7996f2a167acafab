// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.rewrite;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
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
    /** How many places of buffers that have left are kept at most, and no more than half of all. */
    private static final int MAX_REMOVED = 64;

    private final ArrayList<Held> held = new ArrayList<>(4);
    private int first;
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
            held.add(new Held(received - bytes.readableBytes(), bytes.readerIndex(), bytes));
            return;
        }
        // A few bytes in a large buffer: keeping it would keep far more memory than is accounted for.
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

    /**
     * Sends on some of what is before {@code limit}, edited: about {@code bytes}, and the first edit among them whole,
     * however long it is.
     *
     * @param limit as of {@link #drain}
     * @param bytes of the received body; at least 1
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

    /** Returns which of the held buffers has a byte. */
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
     * A buffer that is held.
     *
     * @param offset of its first byte in the body
     * @param index  of that byte in the buffer
     * @param bytes  ours; its reader index moves as it is drained
     */
    private record Held(long offset, int index, ByteBuf bytes) {
    }

    /** Tells every buffer that is held, in order; each is borrowed. */
    public void forEachHeld(Consumer<ByteBuf> borrower) {
        held.subList(first, held.size()).forEach(piece -> borrower.accept(piece.bytes));
    }

    /** Releases whatever is held; idempotent. */
    public void release() {
        held.subList(first, held.size()).forEach(piece -> piece.bytes.release());
        held.clear();
        first = 0;
        edits.clear();
        drained = received;
    }
}
