// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.ResponseSink;
import dev.sluice.engine.loop.CoalescingWriter;
import dev.sluice.protocol.framing.BodyPiece;
import dev.sluice.protocol.framing.BodyRuns;
import dev.sluice.protocol.framing.ChunkHead;
import dev.sluice.protocol.framing.HeaderLines;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;

/**
 * The writer of one response in HTTP/1.1 framing.
 *
 * <p>If the upstream's body is chunked too, the received buffer is written raw: its chunk framing is passed on as well,
 * except for the end of the body. If the framing changes, short runs are copied and longer ones are written as slices
 * ({@link CoalescingWriter}).
 *
 * <p><b>Ownership:</b> takes what it writes. <b>Allocation per event:</b> none.
 */
final class Http1ResponseWriter implements ResponseSink {
    private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HEAD_BYTES = 512;
    private static final int DEFAULT_LINGER = -1;

    private final ChannelHandlerContext ctx;
    private final Http1DownstreamHandler connection;
    private final boolean isHttp10;
    private final boolean isHead;
    private boolean isContinueWanted;
    private Framing framing;
    private boolean isRawChunkOpen;
    private final CoalescingWriter out;

    Http1ResponseWriter(ChannelHandlerContext ctx, Http1DownstreamHandler connection, Http1Request head) {
        this.ctx = ctx;
        this.connection = connection;
        out = new CoalescingWriter(ctx);
        isHttp10 = head.isHttp10();
        isHead = head.request().method().equals("HEAD");
        isContinueWanted = head.request().expectsContinue();
    }

    @Override
    public void sendContinue() {
        if (isContinueWanted) {
            isContinueWanted = false;
            ctx.writeAndFlush(Unpooled.wrappedBuffer(CONTINUE), ctx.voidPromise());
        }
    }

    /** Returns whether the downstream still waits for status 100; if so, its body may never arrive. */
    boolean isContinueWanted() {
        return isContinueWanted;
    }

    @Override
    public void writeHead(ResponseHead head) {
        framing = framingOf(head);
        if (framing == Framing.UNTIL_CLOSE) {
            setLingerSeconds(0); // until the body is complete, every close must be a reset
        }
        ByteBuf text = out.room(HEAD_BYTES);
        ByteBufUtil.writeAscii(text, "HTTP/1.1 ");
        ByteBufUtil.writeAscii(text, head.status().codeAsText());
        text.writeByte(' ');
        HeaderLines.writeLatin1(text, head.status().reasonPhrase());
        ChunkHead.writeCrlf(text);
        Iterator<Map.Entry<CharSequence, CharSequence>> headers = head.headers().iteratorCharSequence();
        while (headers.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = headers.next();
            HeaderLines.write(text, header.getKey(), header.getValue());
        }
        if (framing == Framing.LENGTH) {
            HeaderLines.write(text, "content-length", Long.toString(head.bodyBytes()));
        } else if (framing == Framing.CHUNKED) {
            HeaderLines.write(text, "transfer-encoding", "chunked");
        }
        if (!connection.isStayingOpen(framing == Framing.UNTIL_CLOSE)) {
            HeaderLines.write(text, "connection", "close");
        }
        ChunkHead.writeCrlf(text);
        if (isHead) {
            // RFC 9110 section 9.3.2: a response to HEAD has the header fields of a body but no body
            framing = Framing.NONE;
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
    public void relay(BodyPiece piece) {
        switch (framing) {
            case CHUNKED -> {
                if (piece.hasRawFraming()) {
                    relayRaw(piece.bytes(), piece);
                } else {
                    relayReframed(piece.bytes(), piece.runs(), 0);
                }
            }
            case LENGTH, UNTIL_CLOSE -> relayPlain(piece.bytes(), piece.runs());
            default -> piece.bytes().release();
        }
    }

    private void relayRaw(ByteBuf read, BodyPiece piece) {
        if (piece.resumedBytes() > 0) {
            piece.writeResumed(out.room(piece.resumedBytes()));
        }
        int rawBytes = piece.rawEnd() - piece.rawStart();
        isRawChunkOpen = !piece.isAtChunkBoundary() && !piece.isReframingNeeded();
        if (piece.isReframingNeeded()) {
            if (rawBytes > 0) {
                out.write(read.retainedSlice(piece.rawStart(), rawBytes));
            }
            relayReframed(read, piece.runs(), piece.rawEnd());
            return;
        }
        if (rawBytes == 0) {
            read.release();
            return;
        }
        out.write(read.setIndex(piece.rawStart(), piece.rawEnd()));
    }

    /** Writes every run that starts at or after {@code from} as a chunk of its own. */
    private void relayReframed(ByteBuf read, BodyRuns runs, int from) {
        for (int i = 0; i < runs.count(); i++) {
            if (runs.start(i) < from) {
                continue;
            }
            int length = runs.length(i);
            ChunkHead.write(out.room(ChunkHead.bytes(length)), length);
            out.writePart(read, runs.start(i), length);
            ChunkHead.writeCrlf(out.room(2));
        }
        read.release();
    }

    private void relayPlain(ByteBuf read, BodyRuns runs) {
        if (runs.count() == 1) {
            out.write(read.setIndex(runs.start(0), runs.end(0)));
            return;
        }
        for (int i = 0; i < runs.count(); i++) {
            out.writePart(read, runs.start(i), runs.length(i));
        }
        read.release();
    }

    @Override
    public void append(ByteBuf bytes) {
        if (framing == Framing.CHUNKED && bytes.isReadable()) {
            ChunkHead.write(out.room(ChunkHead.bytes(bytes.readableBytes())), bytes.readableBytes());
            out.write(bytes);
            ChunkHead.writeCrlf(out.room(2));
            return;
        }
        if (framing == Framing.NONE) {
            bytes.release();
            return;
        }
        out.write(bytes);
    }

    @Override
    public boolean canAppend() {
        return framing == Framing.CHUNKED && !isRawChunkOpen || framing == Framing.UNTIL_CLOSE;
    }

    @Override
    public void flush() {
        out.flush();
    }

    @Override
    public void end() {
        if (framing == Framing.CHUNKED) {
            ChunkHead.writeLast(out.room(5));
        }
        flush();
        if (framing == Framing.UNTIL_CLOSE) {
            setLingerSeconds(DEFAULT_LINGER);
        }
        boolean isCloseDelimited = framing == Framing.UNTIL_CLOSE;
        framing = Framing.NONE;
        connection.onResponseEnd(isCloseDelimited);
    }

    /**
     * Returns whether a close now must be a reset, because only a reset distinguishes a truncated body from a complete
     * one.
     */
    boolean isResetOnClose() {
        return framing == Framing.UNTIL_CLOSE;
    }

    private void setLingerSeconds(int seconds) {
        try {
            ctx.channel().config().setOption(ChannelOption.SO_LINGER, seconds);
        } catch (ChannelException ignored) {
            // the channel is closed already and channelInactive follows: the option has no effect any more
        }
    }

    @Override
    public void abort() {
        flush();
        connection.onResponseAbort();
    }

    /** Releases the bytes that were not sent. */
    void release() {
        out.release();
    }

    @Override
    public boolean isWritable() {
        return ctx.channel().isWritable();
    }

    @Override
    public long pendingBytes() {
        return out.pendingBytes();
    }

    private enum Framing {
        /** No body. */
        NONE,
        /** The body is framed by Content-Length. */
        LENGTH,
        /** The body is chunked. */
        CHUNKED,
        /** HTTP/1.0: the close of the connection ends the body. */
        UNTIL_CLOSE
    }
}
