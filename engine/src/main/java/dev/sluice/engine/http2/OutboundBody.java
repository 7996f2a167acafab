// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http2;

import dev.sluice.engine.loop.Buffers;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2RemoteFlowController.FlowControlled;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayDeque;

/**
 * The body that one stream sends, in DATA frames (RFC 9113 section 6.1). Netty's flow controller decides how many bytes
 * may be sent; this object, one per body, frames and writes them.
 *
 * <p>Runs of up to 4 KiB are copied, one after the other, into a buffer with room for a frame header in front, so that
 * each flush of a stream writes one frame in one buffer. Longer runs are written as slices, unless a slice would keep
 * far more memory alive than its length.
 *
 * <p><b>Threading:</b> confined to the connection's loop. <b>Ownership:</b> owns appended bytes until they are written
 * or the stream closes. <b>Allocation per event:</b> none.
 */
public final class OutboundBody implements FlowControlled {
    private static final int HEADER_BYTES = 9;
    private static final int COPY_BYTES = 4 * 1024;
    private static final int HIGH_WATER_BYTES = 64 * 1024;
    private static final int LOW_WATER_BYTES = 16 * 1024;
    private static final byte END_STREAM = 1;

    private final Http2Handler<?> connection;
    private final Http2Stream stream;
    private final Sender sender;
    /**
     * The buffers to send. In a buffer allocated here, readerIndex is after the room for the frame header; in a slice
     * it is 0.
     */
    private final ArrayDeque<ByteBuf> queue = new ArrayDeque<>();
    private ByteBuf tail;
    private int queuedBytes;
    private int mergedBytes;
    private boolean isFirstCut;
    private boolean isAnnounced;
    private boolean isEnded;
    private boolean isEndWritten;
    private boolean isClosed;
    private boolean isFull;
    private Http2Error resetWhenSent;

    /** Creates the body of a stream whose head was written or is about to be written. */
    public OutboundBody(Http2Handler<?> connection, Http2Stream stream, Sender sender) {
        this.connection = connection;
        this.stream = stream;
        this.sender = sender;
    }

    /** Appends {@code length} bytes of {@code read}, from index {@code start} on; borrows the buffer. */
    public void append(ByteBuf read, int start, int length) {
        if (isClosed || length == 0) {
            return;
        }
        if (length > COPY_BYTES && !Buffers.isWasteful(read, length)) {
            tail = null;
            queue.add(read.retainedSlice(start, length));
            announce(length);
            return;
        }
        if (tail == null || tail.maxFastWritableBytes() < length) {
            tail = connection.context().alloc().directBuffer(HEADER_BYTES + Math.max(length, COPY_BYTES));
            tail.writeZero(HEADER_BYTES).readerIndex(HEADER_BYTES);
            queue.add(tail);
        }
        tail.writeBytes(read, start, length);
        announce(length);
    }

    /** Appends all bytes of a buffer; takes it. */
    public void append(ByteBuf bytes) {
        append(bytes, bytes.readerIndex(), bytes.readableBytes());
        bytes.release();
    }

    /** Announces appended bytes to the flow controller. */
    private void announce(int bytes) {
        if (isAnnounced) {
            mergedBytes = bytes;
        } else {
            queuedBytes += bytes;
        }
        if (bytes > 0 || !isAnnounced) {
            isAnnounced = true;
            connection.encoder().flowController().addFlowControlled(stream, this);
        }
        isFull |= queuedBytes > HIGH_WATER_BYTES;
    }

    /** Ends the body once all of it is written; {@link Sender#onBodySent} is called when the end has been sent. */
    public void end() {
        if (isClosed || isEnded) {
            return;
        }
        isEnded = true;
        announce(0);
    }

    /** Resets the stream once all appended bytes are written. */
    public void abort(Http2Error error) {
        if (isClosed) {
            return;
        }
        if (queue.isEmpty()) {
            connection.reset(stream, error);
        } else {
            resetWhenSent = error;
        }
    }

    @Override
    public int size() {
        return queuedBytes;
    }

    @Override
    public boolean merge(ChannelHandlerContext ctx, FlowControlled next) {
        queuedBytes += mergedBytes;
        mergedBytes = 0;
        return true;
    }

    @Override
    public void write(ChannelHandlerContext ctx, int allowedBytes) {
        int maxFrameBytes = connection.encoder().configuration().frameSizePolicy().maxFrameSize();
        int left = Math.min(allowedBytes, queuedBytes);
        while (left > 0) {
            ByteBuf first = queue.peek();
            int length = Math.min(Math.min(left, first.readableBytes()), maxFrameBytes);
            writeFrame(ctx, first, length);
            left -= length;
            queuedBytes -= length;
        }
        if (isEnded && queue.isEmpty() && !isEndWritten) { // no data frame was left to carry the flag
            isEndWritten = true;
            ctx.write(header(ctx, 0, END_STREAM), endPromise(ctx));
        }
        if (isFull && queuedBytes <= LOW_WATER_BYTES) {
            isFull = false;
            ctx.executor().execute(sender::onBodyWritable); // not from within the flow controller
        }
    }

    private void writeFrame(ChannelHandlerContext ctx, ByteBuf first, int length) {
        boolean isWhole = length == first.readableBytes();
        boolean isLast = isWhole && isEnded && queue.size() == 1;
        byte flags = isLast ? END_STREAM : 0;
        isEndWritten |= isLast;
        boolean hasRoom = !isFirstCut && first.readerIndex() == HEADER_BYTES;
        if (isWhole) {
            queue.poll();
            if (first == tail) {
                tail = null;
            }
        }
        isFirstCut = !isWhole;
        ChannelPromise promise = isLast ? endPromise(ctx) : ctx.voidPromise();
        if (isWhole && hasRoom) {
            ctx.write(writeHeader(first.setIndex(0, first.writerIndex()), length, flags), promise);
            return;
        }
        ctx.write(header(ctx, length, flags), ctx.voidPromise());
        ctx.write(isWhole ? first : first.readRetainedSlice(length), promise);
    }

    private ByteBuf header(ChannelHandlerContext ctx, int length, byte flags) {
        ByteBuf header = ctx.alloc().directBuffer(HEADER_BYTES).writeZero(HEADER_BYTES);
        return writeHeader(header, length, flags);
    }

    private ByteBuf writeHeader(ByteBuf out, int length, byte flags) {
        return out.setMedium(0, length).setByte(3, Http2FrameTypes.DATA).setByte(4, flags).setInt(5, stream.id());
    }

    private ChannelPromise endPromise(ChannelHandlerContext ctx) {
        return ctx.newPromise().addListener((ChannelFutureListener) sent -> sender.onBodySent());
    }

    @Override
    public void writeComplete() {
        isAnnounced = false;
        if (isEndWritten) {
            isClosed = true;
            connection.closeStreamLocal(stream, connection.context().newSucceededFuture());
        } else if (resetWhenSent != null) {
            isClosed = true;
            connection.context().executor().execute(() -> connection.reset(stream, resetWhenSent));
        }
    }

    @Override
    public void error(ChannelHandlerContext ctx, Throwable cause) {
        close();
        if (stream.state() != Http2Stream.State.CLOSED) { // a failed write, not the close of the stream
            ctx.executor().execute(() -> connection.reset(stream, Http2Error.INTERNAL_ERROR));
        }
    }

    /** Releases the unsent bytes, because the stream is closed; idempotent. */
    public void close() {
        isClosed = true;
        queuedBytes = 0;
        tail = null;
        for (ByteBuf bytes = queue.poll(); bytes != null; bytes = queue.poll()) {
            bytes.release();
        }
    }

    /** Returns whether the unsent bytes are below the high-water mark. */
    public boolean isWritable() {
        return !isFull;
    }

    /** Returns the number of bytes that were appended and not written yet. */
    public int pendingBytes() {
        return queuedBytes;
    }

    /** Returns whether the end of the body was written. */
    public boolean isEndWritten() {
        return isEndWritten;
    }

    /** The stream that sends the body. */
    public interface Sender {
        /** Reports that the unsent bytes fell below the low-water mark. */
        void onBodyWritable();

        /** Reports that the end was handed to the system, or that the connection is lost. */
        void onBodySent();
    }
}
