// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import io.netty.buffer.ByteBuf;

/**
 * A collector of heads. It joins a head that arrived in several reads in one buffer, for a reader that needs the whole
 * head. A head that arrived in one read, as most do, is not copied.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> takes the bytes of each read and returns the
 * complete head; {@link #release} releases an incomplete one.
 */
public final class HeadCollector {
    private final HeadScanner scanner;
    private ByteBuf partial;
    private int headEnd;

    /**
     * Creates a collector.
     *
     * @param scanner the scanner that finds the end of each head; used by this collector only
     */
    public HeadCollector(HeadScanner scanner) {
        this.scanner = scanner;
    }

    /** Prepares the collector for the next head. */
    public void reset() {
        scanner.reset();
    }

    /**
     * Takes the bytes of one read.
     *
     * @param bytes taken; the next bytes of the head, and possibly bytes of the body after it
     * @return a buffer whose readable bytes begin with the head, which ends at {@link #headEnd}; the caller must
     *         release it. Null if the head is not complete yet
     * @throws FramingException if the head is malformed, ambiguous or over a limit; all collected bytes are released
     */
    public ByteBuf collect(ByteBuf bytes) {
        ByteBuf head = bytes;
        int from = bytes.readerIndex();
        if (partial != null) {
            from = partial.writerIndex();
            partial.writeBytes(bytes);
            bytes.release();
            head = partial;
            partial = null;
        }
        try {
            headEnd = scanner.scan(head, from, head.writerIndex());
        } catch (FramingException e) {
            head.release();
            throw e;
        }
        if (headEnd >= 0) {
            return head;
        }
        if (head == bytes) { // copied, because a small part of a head must not keep a buffer of the size of a read
            head = bytes.alloc().buffer(2 * bytes.readableBytes()).writeBytes(bytes);
            bytes.release();
        }
        partial = head;
        return null;
    }

    /** {@return the buffer index after the last byte of the most recent complete head} */
    public int headEnd() {
        return headEnd;
    }

    /** {@return whether a head has begun but is not complete} */
    public boolean isMidHead() {
        return scanner.isMidHead();
    }

    /** Releases the bytes of an incomplete head. Idempotent. */
    public void release() {
        if (partial != null) {
            partial.release();
            partial = null;
        }
    }
}
