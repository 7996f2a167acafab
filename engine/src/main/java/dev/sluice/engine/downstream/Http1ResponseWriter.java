// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.protocol.framing.BodyRuns;
import dev.sluice.protocol.framing.ChunkHead;
import dev.sluice.protocol.framing.HeaderLines;
import dev.sluice.protocol.framing.TransferScanner;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;

/**
 * Writes one response in HTTP/1.1 framing.
 *
 * <p>Where the upstream's body is chunked too, the received buffer itself goes out, framing included but for the end of
 * the body (raw). Where the framing changes, runs up to 4 KiB are appended to one pooled buffer per flush, because
 * copying so few bytes costs less than a slice of them; longer runs go out as slices.
 *
 * <p><b>Ownership:</b> takes what it writes. <b>Allocation per event:</b> none.
 */
final class Http1ResponseWriter implements ResponseWriter {
    private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int COPY_BYTES = 4 * 1024;
    private static final int HEAD_BYTES = 512;
    private static final int DEFAULT_LINGER = -1;

    private final ChannelHandlerContext ctx;
    private final Http1DownstreamHandler connection;
    private final boolean isHttp10;
    private final boolean isHead;
    private boolean isContinueWanted;
    private Framing framing;
    private boolean isRawChunkOpen;
    private ByteBuf pending;

    Http1ResponseWriter(ChannelHandlerContext ctx, Http1DownstreamHandler connection, DownstreamRequest request) {
        this.ctx = ctx;
        this.connection = connection;
        this.isHttp10 = request.isHttp10();
        this.isHead = request.method().equals("HEAD");
        this.isContinueWanted = request.expectsContinue();
    }

    @Override
    public void sendContinue() {
        if (isContinueWanted) {
            isContinueWanted = false;
            ctx.writeAndFlush(Unpooled.wrappedBuffer(CONTINUE), ctx.voidPromise());
        }
    }

    /** Returns whether the downstream still waits for 100: then its body may never come. */
    boolean isContinueWanted() {
        return isContinueWanted;
    }

    @Override
    public void writeHead(ResponseHead head) {
        framing = framingOf(head);
        if (framing == Framing.UNTIL_CLOSE) {
            setLingerSeconds(0); // until the end is reached, every close is a reset
        }
        ByteBuf out = pending(HEAD_BYTES);
        ByteBufUtil.writeAscii(out, "HTTP/1.1 ");
        ByteBufUtil.writeAscii(out, head.status().codeAsText());
        out.writeByte(' ');
        HeaderLines.writeLatin1(out, head.status().reasonPhrase());
        ChunkHead.writeCrlf(out);
        Iterator<Map.Entry<CharSequence, CharSequence>> headers = head.headers().iteratorCharSequence();
        while (headers.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = headers.next();
            HeaderLines.write(out, header.getKey(), header.getValue());
        }
        if (framing == Framing.LENGTH) {
            HeaderLines.write(out, "content-length", Long.toString(head.bodyBytes()));
        } else if (framing == Framing.CHUNKED) {
            HeaderLines.write(out, "transfer-encoding", "chunked");
        }
        if (!connection.isStayingOpen(framing == Framing.UNTIL_CLOSE)) {
            HeaderLines.write(out, "connection", "close");
        }
        ChunkHead.writeCrlf(out);
        if (isHead) {
            framing = Framing.NONE; // RFC 9110 section 9.3.2: the headers of a body, without it
        }
    }

    private Framing framingOf(ResponseHead head) {
        if (head.isBodiless()) {
            return Framing.NONE;
        }
        if (head.bodyBytes() >= 0) {
            return Framing.LENGTH;
        }
        return isHttp10 ? Framing.UNTIL_CLOSE : Framing.CHUNKED;
    }

    @Override
    public void relay(ByteBuf read, TransferScanner frame) {
        switch (framing) {
            case CHUNKED -> {
                if (frame.isChunked()) {
                    relayRaw(read, frame);
                } else {
                    relayReframed(read, frame.runs(), 0);
                }
            }
            case LENGTH, UNTIL_CLOSE -> relayPlain(read, frame.runs());
            default -> read.release();
        }
    }

    private void relayRaw(ByteBuf read, TransferScanner frame) {
        if (frame.resumedBytes() > 0) {
            frame.writeResumed(pending(frame.resumedBytes()));
        }
        int rawBytes = frame.rawEnd() - frame.rawStart();
        isRawChunkOpen = !frame.isAtChunkBoundary() && !frame.isReframingNeeded();
        if (frame.isReframingNeeded()) {
            if (rawBytes > 0) {
                write(read.retainedSlice(frame.rawStart(), rawBytes));
            }
            relayReframed(read, frame.runs(), frame.rawEnd());
            return;
        }
        if (rawBytes == 0) {
            read.release();
            return;
        }
        write(read.setIndex(frame.rawStart(), frame.rawEnd()));
    }

    /** Frames every run anew that starts at or after {@code from}. */
    private void relayReframed(ByteBuf read, BodyRuns runs, int from) {
        for (int i = 0; i < runs.count(); i++) {
            if (runs.start(i) < from) {
                continue;
            }
            int length = runs.length(i);
            ChunkHead.write(pending(ChunkHead.bytes(length)), length);
            writeRun(read, runs.start(i), length);
            ChunkHead.writeCrlf(pending(2));
        }
        read.release();
    }

    private void relayPlain(ByteBuf read, BodyRuns runs) {
        if (runs.count() == 1) {
            write(read.setIndex(runs.start(0), runs.end(0)));
            return;
        }
        for (int i = 0; i < runs.count(); i++) {
            writeRun(read, runs.start(i), runs.length(i));
        }
        read.release();
    }

    private void writeRun(ByteBuf read, int start, int length) {
        if (length <= COPY_BYTES) {
            pending(length).writeBytes(read, start, length);
        } else {
            write(read.retainedSlice(start, length));
        }
    }

    @Override
    public void append(ByteBuf bytes) {
        if (framing == Framing.CHUNKED && bytes.isReadable()) {
            ChunkHead.write(pending(ChunkHead.bytes(bytes.readableBytes())), bytes.readableBytes());
            write(bytes);
            ChunkHead.writeCrlf(pending(2));
            return;
        }
        if (framing == Framing.NONE) {
            bytes.release();
            return;
        }
        write(bytes);
    }

    @Override
    public boolean canAppend() {
        return framing == Framing.CHUNKED && !isRawChunkOpen || framing == Framing.UNTIL_CLOSE;
    }

    private void write(ByteBuf bytes) {
        writePending();
        ctx.write(bytes, ctx.voidPromise());
    }

    /** Returns the buffer of this flush, with room for {@code bytes}. */
    private ByteBuf pending(int bytes) {
        if (pending != null && pending.maxFastWritableBytes() < bytes) {
            writePending();
        }
        if (pending == null) {
            pending = ctx.alloc().directBuffer(Math.max(bytes, COPY_BYTES));
        }
        return pending;
    }

    private void writePending() {
        if (pending != null) {
            ByteBuf bytes = pending;
            pending = null;
            ctx.write(bytes, ctx.voidPromise());
        }
    }

    @Override
    public void flush() {
        writePending();
        ctx.flush();
    }

    @Override
    public void end() {
        if (framing == Framing.CHUNKED) {
            ChunkHead.writeLast(pending(5));
        }
        flush();
        if (framing == Framing.UNTIL_CLOSE) {
            setLingerSeconds(DEFAULT_LINGER);
        }
        boolean isCloseDelimited = framing == Framing.UNTIL_CLOSE;
        framing = Framing.NONE;
        connection.onResponseEnd(isCloseDelimited);
    }

    /** Returns whether a close now must be a reset: nothing else tells a broken end from a clean one. */
    boolean isResetOnClose() {
        return framing == Framing.UNTIL_CLOSE;
    }

    private void setLingerSeconds(int seconds) {
        try {
            ctx.channel().config().setOption(ChannelOption.SO_LINGER, seconds);
        } catch (ChannelException ignored) {
            // closed already, the event that says so is on its way: there is no end to tell any more
        }
    }

    @Override
    public void abort() {
        flush();
        connection.onResponseAbort();
    }

    /** Releases what was not sent. */
    void release() {
        if (pending != null) {
            pending.release();
            pending = null;
        }
    }

    @Override
    public boolean isWritable() {
        return ctx.channel().isWritable();
    }

    @Override
    public long pendingBytes() {
        ChannelOutboundBuffer buffer = ctx.channel().unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    private enum Framing {
        /** No body at all. */
        NONE,
        /** Content-Length. */
        LENGTH,
        /** Chunked. */
        CHUNKED,
        /** HTTP/1.0: the body ends with the connection. */
        UNTIL_CLOSE
    }
}
