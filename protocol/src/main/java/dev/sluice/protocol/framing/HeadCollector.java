// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import io.netty.buffer.ByteBuf;

/**
 * Brings a head that came in several reads together in one buffer, for a decoder that wants it whole. A head that came
 * in one read, as most do, is not copied.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> takes what it collects and returns it once it is
 * complete; {@link #release} gives back what is not.
 */
public final class HeadCollector {
    private final HeadScanner scanner;
    private ByteBuf partial;
    private int headEnd;

    /** Creates a collector of the heads that {@code scanner} scans; the scanner is the collector's alone. */
    public HeadCollector(HeadScanner scanner) {
        this.scanner = scanner;
    }

    /** Makes ready for the next head. */
    public void reset() {
        scanner.reset();
    }

    /**
     * Takes the bytes of one read.
     *
     * @return a buffer whose readable bytes begin with the head, which ends at {@link #headEnd}, and which the caller
     *         must release; null where the head goes on
     * @throws FramingException where the head is malformed, ambiguous or over a limit; the bytes are released
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
        if (head == bytes) { // leaves a buffer of the size of a read for one of the size of a head
            head = bytes.alloc().buffer(2 * bytes.readableBytes()).writeBytes(bytes);
            bytes.release();
        }
        partial = head;
        return null;
    }

    /** Returns the index after the last byte of the head that was collected last. */
    public int headEnd() {
        return headEnd;
    }

    /** Returns whether a head has begun and not ended. */
    public boolean isMidHead() {
        return scanner.isMidHead();
    }

    /** Releases what is kept; idempotent. */
    public void release() {
        if (partial != null) {
            partial.release();
            partial = null;
        }
    }
}
