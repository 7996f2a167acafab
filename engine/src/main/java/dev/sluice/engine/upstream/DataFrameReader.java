// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2FrameTypes;

/**
 * A frame reader that handles DATA frames (RFC 9113 section 6.1) without creating an object for any of them. It passes
 * on the part of a frame that has arrived without waiting for the rest. Padded DATA frames and frames of all other
 * types go whole to Netty's reader.
 *
 * <p><b>Threading:</b> confined to the connection's loop. <b>Ownership:</b> borrows the input; the listener borrows the
 * data. <b>Allocation per frame:</b> none.
 */
final class DataFrameReader implements Http2FrameReader {
    private static final int HEADER_BYTES = 9;
    private static final int MAX_SMALL_CONTINUATIONS = 16;
    private static final int END_STREAM = 0x1;
    private static final int END_HEADERS = 0x4;
    private static final int PADDED = 0x8;

    private final DefaultHttp2FrameReader others;
    private int dataStream;
    private int dataLeft;
    private boolean isDataLast;
    private boolean isInHeaderBlock;
    private boolean isBroken;

    /**
     * @param maxHeaderListBytes the limit of a header list in bytes, as in SETTINGS_MAX_HEADER_LIST_SIZE
     */
    public DataFrameReader(long maxHeaderListBytes) {
        others = new DefaultHttp2FrameReader(new DefaultHttp2HeadersDecoder(true, maxHeaderListBytes),
                MAX_SMALL_CONTINUATIONS);
    }

    @Override
    public void readFrame(ChannelHandlerContext ctx, ByteBuf input, Http2FrameListener listener) throws Http2Exception {
        if (isBroken) {
            input.skipBytes(input.readableBytes());
            return;
        }
        try {
            while (input.isReadable() && readSome(ctx, input, listener)) {
                // continue with the next frame
            }
        } catch (Http2Exception e) {
            isBroken = !Http2Exception.isStreamError(e);
            throw e;
        }
    }

    /** Reads one frame or a part of a DATA frame; returns whether there was enough input. */
    private boolean readSome(ChannelHandlerContext ctx, ByteBuf input, Http2FrameListener listener)
            throws Http2Exception {
        if (dataLeft > 0) {
            readData(ctx, input, listener);
            return true;
        }
        if (input.readableBytes() < HEADER_BYTES) {
            return false;
        }
        int at = input.readerIndex();
        int length = input.getUnsignedMedium(at);
        int type = input.getByte(at + 3);
        int flags = input.getByte(at + 4);
        int streamId = input.getInt(at + 5) & Integer.MAX_VALUE;
        boolean isTooLong = length > others.maxFrameSize();
        if (type == Http2FrameTypes.DATA && (flags & PADDED) == 0 && streamId != 0 && !isInHeaderBlock && !isTooLong) {
            input.skipBytes(HEADER_BYTES);
            dataStream = streamId;
            dataLeft = length;
            isDataLast = (flags & END_STREAM) != 0;
            if (length == 0) {
                listener.onDataRead(ctx, streamId, Unpooled.EMPTY_BUFFER, 0, isDataLast);
            }
            return true;
        }
        if (!isTooLong && input.readableBytes() - HEADER_BYTES < length) {
            return false; // a frame that must be complete
        }
        if (type == Http2FrameTypes.HEADERS || type == Http2FrameTypes.CONTINUATION
                || type == Http2FrameTypes.PUSH_PROMISE) {
            isInHeaderBlock = (flags & END_HEADERS) == 0;
        }
        others.readFrame(ctx, isTooLong ? input : input.readSlice(HEADER_BYTES + length), listener);
        return true;
    }

    private void readData(ChannelHandlerContext ctx, ByteBuf input, Http2FrameListener listener)
            throws Http2Exception {
        int length = Math.min(dataLeft, input.readableBytes());
        dataLeft -= length;
        ByteBuf data = input.readRetainedSlice(length); // a pooled object, unlike a plain slice
        try {
            listener.onDataRead(ctx, dataStream, data, 0, dataLeft == 0 && isDataLast);
        } finally {
            data.release();
        }
    }

    @Override
    public Configuration configuration() {
        return others;
    }

    @Override
    public void close() {
        others.close();
    }
}
