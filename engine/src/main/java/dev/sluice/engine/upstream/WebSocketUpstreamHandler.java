// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.http.HeadParser;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.TlsVersion;
import dev.sluice.engine.http.UpstreamRequest;
import dev.sluice.engine.loop.CoalescingWriter;
import dev.sluice.engine.websocket.Handshake;
import dev.sluice.protocol.framing.BodyPiece;
import dev.sluice.protocol.framing.ChunkHead;
import dev.sluice.protocol.framing.FramingException;
import dev.sluice.protocol.framing.HeadCollector;
import dev.sluice.protocol.framing.HeadScanner;
import dev.sluice.protocol.framing.HeaderLines;
import dev.sluice.protocol.framing.TransferScanner;
import dev.sluice.protocol.websocket.CloseStatus;
import dev.sluice.protocol.websocket.FrameScanner;
import dev.sluice.protocol.websocket.FrameWriter;
import dev.sluice.protocol.websocket.WebSocketException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The frames of a WebSocket to an endpoint, and the handshake before them (RFC 6455 section 4.1). A message that one
 * read contains is passed on from the read; another one is kept until it is whole, or until it is long, and then passed
 * on as its bytes arrive.
 *
 * <p><b>Threading:</b> one instance per connection, confined to its loop.
 *
 * <p><b>Ownership:</b> takes every buffer that is read; holds the message that is arriving.
 *
 * <p><b>Pipeline position:</b> last; after the TLS handler, if there is one.
 */
final class WebSocketUpstreamHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(WebSocketUpstreamHandler.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int KEY_BYTES = 16;
    private static final int MAX_LINE_BYTES = 8 * 1024;
    private static final int MAX_HEAD_BYTES = 64 * 1024;
    private static final int SWITCHING_PROTOCOLS = 101;
    /** The time after which a connection is closed whose peer does not take the close frame. */
    private static final int CLOSING_SECONDS = 2;
    /** A message of up to this length is passed on when it is whole. */
    private static final int WHOLE_BYTES = 64 * 1024;
    private static final int MAX_FRAME_BYTES = 1024 * 1024;
    private static final String CODEX_PATH = "/backend-api/codex";
    private static final String CODEX_BETA = "responses_websockets=2026-02-06";

    private final Endpoint endpoint;
    private Listener listener;
    private final LongSupplier clock;
    private final long maxHeldBytes;
    private final BodyPiece piece;
    private final String key = newKey();
    /** Collects the answer to the handshake; null once it has arrived. */
    private HeadCollector heads = new HeadCollector(HeadScanner.ofResponses(MAX_LINE_BYTES, MAX_HEAD_BYTES));
    private final FrameScanner frames = new FrameScanner(false, Long.MAX_VALUE, Integer.MAX_VALUE);
    private TransferScanner refusalBody;
    private ChannelHandlerContext ctx;
    private CoalescingWriter out;
    private State state = State.NEW;
    private ByteBuf partial;
    private boolean isLong;
    private int lookBytes = WHOLE_BYTES;
    private long lastReadNanos;

    /**
     * @param piece        the loop's view of response bytes
     * @param maxHeldBytes the longest message that is held because its lane is not known
     */
    WebSocketUpstreamHandler(Endpoint endpoint, Listener listener, LongSupplier clock, long maxHeldBytes,
            BodyPiece piece) {
        this.endpoint = endpoint;
        this.listener = listener;
        this.clock = clock;
        this.maxHeldBytes = maxHeldBytes;
        this.piece = piece;
        lastReadNanos = clock.getAsLong();
    }

    private static String newKey() {
        byte[] bytes = new byte[KEY_BYTES];
        RANDOM.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** Reports everything that follows to another listener. */
    void reportTo(Listener next) {
        listener = next;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        out = new CoalescingWriter(context);
    }

    String tls() {
        return TlsVersion.of(ctx.channel());
    }

    /** Sends the handshake, with the headers of the first request; does nothing if it was sent. */
    void begin(UpstreamRequest request) {
        if (state != State.NEW) {
            return;
        }
        state = State.HANDSHAKE;
        ByteBuf head = out.room(2048);
        ByteBufUtil.writeAscii(head, "GET ");
        ByteBufUtil.writeAscii(head, endpoint.basePath());
        ByteBufUtil.writeAscii(head, request.target());
        ByteBufUtil.writeAscii(head, " HTTP/1.1\r\n");
        HeaderLines.write(head, "host", endpoint.hostHeader());
        HeaderLines.write(head, "connection", "Upgrade");
        HeaderLines.write(head, "upgrade", "websocket");
        HeaderLines.write(head, "sec-websocket-version", "13");
        HeaderLines.write(head, "sec-websocket-key", key);
        if (endpoint.apiKey() != null) {
            HeaderLines.write(head, "authorization", "Bearer " + endpoint.apiKey());
        }
        boolean isBetaMissing = endpoint.basePath().endsWith(CODEX_PATH);
        for (var header : request.headers()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (isPassed(name)) {
                HeaderLines.write(head, header.getKey(), header.getValue());
                isBetaMissing &= !(name.equals("openai-beta") && header.getValue().contains(CODEX_BETA));
            }
        }
        if (isBetaMissing) {
            HeaderLines.write(head, "openai-beta", CODEX_BETA);
        }
        ChunkHead.writeCrlf(head);
        out.flush();
        ctx.read();
    }

    private static boolean isPassed(String name) {
        return switch (name) {
            case "content-type", "accept", "accept-encoding" -> false;
            default -> true;
        };
    }

    /**
     * Writes a text message, masked.
     *
     * @param text taken
     */
    void writeMessage(List<ByteBuf> text) {
        long length = 0;
        for (ByteBuf part : text) {
            length += part.readableBytes();
        }
        long frameLeft = 0;
        long offset = 0;
        int maskingKey = 0;
        boolean isFirst = true;
        for (ByteBuf part : text) {
            while (part.isReadable() || length == 0 && isFirst) {
                if (frameLeft == 0) {
                    frameLeft = Math.min(length, MAX_FRAME_BYTES);
                    offset = 0;
                    maskingKey = RANDOM.nextInt();
                    FrameWriter.writeMaskedHead(out.room(FrameWriter.MAX_HEAD_BYTES), isFirst ? FrameScanner.TEXT
                            : FrameScanner.CONTINUATION, frameLeft == length, frameLeft, maskingKey);
                    isFirst = false;
                }
                int step = (int) Math.min(frameLeft, part.readableBytes());
                ByteBuf masked = ctx.alloc().directBuffer(Math.max(step, 1));
                masked.writeBytes(part, step);
                FrameWriter.mask(masked, 0, step, maskingKey, offset);
                out.write(masked);
                offset += step;
                frameLeft -= step;
                length -= step;
            }
            part.release();
        }
    }

    void flush() {
        out.flush();
    }

    void read() {
        ctx.read();
    }

    /** Returns the number of bytes that the upstream has not taken yet. */
    long pendingBytes() {
        return out.pendingBytes();
    }

    /** Returns the clock's time of the latest read. */
    long lastReadNanos() {
        return lastReadNanos;
    }

    /** Sends a ping. */
    void ping() {
        writeControl(FrameScanner.PING, Unpooled.EMPTY_BUFFER);
        out.flush();
    }

    private void writeControl(int opcode, ByteBuf payload) {
        int length = payload.readableBytes();
        int maskingKey = RANDOM.nextInt();
        ByteBuf room = out.room(FrameWriter.MAX_HEAD_BYTES + length);
        FrameWriter.writeMaskedHead(room, opcode, true, length, maskingKey);
        int from = room.writerIndex();
        room.writeBytes(payload, payload.readerIndex(), length);
        FrameWriter.mask(room, from, from + length, maskingKey, 0);
    }

    /** Sends a close frame and closes, at once where the upstream takes nothing; nothing more is reported. */
    void close(int status) {
        if (!ctx.channel().isWritable()) {
            state = State.CLOSED;
            closeNow(); // far behind in reading, so that a close frame would wait behind what it does not take
            return;
        }
        if (state == State.OPEN) {
            ByteBuf payload = ctx.alloc().buffer(2).writeShort(status);
            writeControl(FrameScanner.CLOSE, payload);
            payload.release();
        }
        state = State.CLOSED;
        out.flush();
        ScheduledFuture<?> late = ctx.executor().schedule(this::closeNow, CLOSING_SECONDS, TimeUnit.SECONDS);
        ctx.channel().closeFuture().addListener(closed -> late.cancel(false));
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    /** Closes at once; the loss is reported unless it was before. */
    void closeNow() {
        ctx.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        lastReadNanos = clock.getAsLong();
        try {
            switch (state) {
                case HANDSHAKE -> onHeadBytes(bytes);
                case REFUSED -> onRefusalBytes(bytes);
                case OPEN -> onFrames(bytes);
                default -> bytes.release();
            }
        } catch (FramingException e) {
            fail(e.getMessage(), CloseStatus.PROTOCOL_ERROR);
        } catch (WebSocketException e) {
            fail(e.getMessage(), e.status());
        }
    }

    private void fail(String detail, int status) {
        State before = state;
        if (before == State.CLOSED) {
            return;
        }
        LOG.debug("websocket to {}: {}", endpoint, detail);
        if (before == State.OPEN) {
            close(status);
        } else {
            state = State.CLOSED;
            ctx.close();
        }
        listener.onFault(detail);
    }

    private void onHeadBytes(ByteBuf bytes) {
        ByteBuf head = heads.collect(bytes);
        if (head == null) {
            return;
        }
        HttpHeaders received;
        try {
            DefaultHttpResponse response = HeadParser.response(head, head.readerIndex(), heads.headEnd());
            head.readerIndex(heads.headEnd());
            received = response.headers();
            if (response.status().code() == SWITCHING_PROTOCOLS) {
                accept(response);
                state = State.OPEN;
            } else {
                refuse(response);
            }
        } catch (RuntimeException e) {
            head.release();
            throw e;
        }
        forgetHead();
        if (state == State.OPEN) {
            listener.onOpen(received);
        }
        if (state == State.OPEN) {
            onFrames(head);
        } else if (state == State.REFUSED) {
            onRefusalBytes(head);
        } else {
            head.release();
        }
    }

    private void forgetHead() {
        if (heads != null) {
            heads.release();
            heads = null;
        }
    }

    private static FramingException malformed(String found) {
        return new FramingException(FramingException.Fault.MALFORMED, "handshake: " + found
                + " (expected: RFC 6455 section 4.2.2)");
    }

    private void accept(DefaultHttpResponse response) {
        ResponseHeadCheck.check(response);
        if (!"websocket".equalsIgnoreCase(response.headers().get("upgrade"))
                || !Handshake.accept(key).equals(response.headers().get("sec-websocket-accept"))) {
            throw malformed("another upgrade, or the answer to another key");
        }
        if (response.headers().contains("sec-websocket-extensions")
                || response.headers().contains("sec-websocket-protocol")) {
            throw malformed("an extension or subprotocol that was not offered");
        }
    }

    private void refuse(DefaultHttpResponse response) {
        if (response.status().code() < 300) {
            throw malformed("status " + response.status().code());
        }
        refusalBody = new TransferScanner();
        long bodyBytes = ResponseHeadCheck.prepare(refusalBody, response);
        state = State.REFUSED;
        listener.onResponse(new ResponseHead(response.status(), response.headers(), bodyBytes));
    }

    private void onRefusalBytes(ByteBuf bytes) {
        int end;
        try {
            end = refusalBody.scan(bytes, bytes.readerIndex(), bytes.writerIndex(), piece);
        } catch (FramingException e) {
            bytes.release();
            throw e;
        }
        boolean isEnded = refusalBody.isEnded();
        if (end > bytes.readerIndex()) {
            listener.onResponseBody(piece);
        } else {
            bytes.release();
        }
        if (isEnded && state == State.REFUSED) {
            state = State.CLOSED;
            ctx.close();
            listener.onResponseEnd(false);
        }
    }

    /** Takes bytes of frames. */
    private void onFrames(ByteBuf bytes) {
        int end = bytes.writerIndex();
        int at = bytes.readerIndex();
        try {
            while (state == State.OPEN) {
                FrameScanner.Found found = frames.scan(bytes, at, end);
                at = frames.to();
                if (found == FrameScanner.Found.NOTHING) {
                    break;
                }
                if (found == FrameScanner.Found.CONTROL) {
                    onControl();
                } else {
                    onPayload(bytes);
                }
            }
        } finally {
            listener.onReadEnd(); // also before a fault is reported: what came before it is passed on
            bytes.release();
        }
    }

    private void onPayload(ByteBuf bytes) {
        if (frames.opcode() != FrameScanner.TEXT) {
            throw new WebSocketException(CloseStatus.UNACCEPTABLE_TYPE, "message: binary (expected: text)");
        }
        if (frames.isMessageBegin() && frames.isMessageEnd()) {
            listener.onMessage(bytes, frames.from(), frames.to());
            return;
        }
        if (partial == null) {
            partial = ctx.alloc().directBuffer(Math.max(frames.to() - frames.from(), 256));
        }
        partial.writeBytes(bytes, frames.from(), frames.to() - frames.from());
        if (frames.isMessageEnd()) {
            endPartial();
        } else if (partial.readableBytes() > WHOLE_BYTES && (isLong || isPassable())) {
            passPart(false);
            lookBytes = WHOLE_BYTES;
        }
    }

    private boolean isPassable() {
        if (partial.readableBytes() < lookBytes) {
            return false;
        }
        lookBytes = 2 * partial.readableBytes(); // so that a long message is not looked at over and over
        if (listener.isLaneKnown(partial)) {
            return true;
        }
        if (partial.readableBytes() > maxHeldBytes) {
            throw new WebSocketException(CloseStatus.TOO_LARGE, "message: its lane is not known within "
                    + maxHeldBytes + " bytes");
        }
        return false;
    }

    private void endPartial() {
        if (isLong) {
            passPart(true);
            isLong = false;
            return;
        }
        ByteBuf whole = partial;
        partial = null;
        lookBytes = WHOLE_BYTES;
        try {
            listener.onMessage(whole, whole.readerIndex(), whole.writerIndex());
            listener.onReadEnd();
        } finally {
            whole.release();
        }
    }

    private void passPart(boolean isEnd) {
        ByteBuf part = partial;
        partial = null;
        boolean isBegin = !isLong;
        isLong = true;
        try {
            listener.onMessagePart(part, isBegin, isEnd);
        } finally {
            part.release();
        }
    }

    private void onControl() {
        switch (frames.opcode()) {
            case FrameScanner.PING -> {
                if (ctx.channel().isWritable()) { // an upstream that takes nothing cannot use an answer
                    writeControl(FrameScanner.PONG, frames.control());
                    out.flush();
                }
            }
            case FrameScanner.CLOSE -> {
                ByteBuf payload = frames.control();
                int status = CloseStatus.read(payload);
                String reason = payload.readableBytes() <= 2 ? ""
                        : payload.toString(payload.readerIndex() + 2, payload.readableBytes() - 2,
                        StandardCharsets.UTF_8);
                writeControl(FrameScanner.CLOSE, payload);
                state = State.CLOSED;
                out.flush();
                ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
                listener.onClose(status, reason);
            }
            default -> { } // a pong: that something arrived is all it says
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (state == State.OPEN) {
            listener.onReadComplete();
        } else if (state != State.CLOSED) {
            ctx.read();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        State before = state;
        state = State.CLOSED;
        if (before == State.REFUSED && refusalBody.isUntilClose()) {
            listener.onResponseEnd(true);
        } else if (before != State.CLOSED) {
            listener.onClose(CloseStatus.ABNORMAL, "");
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) throws Exception {
        out.release();
        forgetHead();
        if (partial != null) {
            partial.release();
            partial = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException || cause instanceof DecoderException) { // the latter is broken TLS
            LOG.debug("websocket to {} lost: {}", endpoint, cause.toString());
        } else {
            LOG.warn("websocket to {} closed because of an unexpected error", endpoint, cause);
        }
        ctx.close();
    }

    /** The states of a connection, in the order in which an untroubled one passes through them. */
    private enum State {
        /** Connected; the handshake has not been sent. */
        NEW,
        /** The handshake was sent. */
        HANDSHAKE,
        /** The handshake was answered with another status than 101; its body is being read. */
        REFUSED,
        /** Frames are exchanged. */
        OPEN,
        /** Closed or closing. */
        CLOSED
    }

    /** The receiver of what arrives. */
    interface Listener {
        /** Reports that the handshake was accepted, with the headers of that response. */
        void onOpen(HttpHeaders headers);

        /** Receives the head of a response that refuses the handshake. */
        void onResponse(ResponseHead refusal);

        /** Receives bytes of its body; takes their buffer. */
        void onResponseBody(BodyPiece body);

        /** Receives the end of that response. */
        void onResponseEnd(boolean isByClose);

        /** Receives a whole message, a range of a buffer that is borrowed until {@link #onReadEnd}. */
        void onMessage(ByteBuf bytes, int from, int to);

        /** Returns whether the beginning of a message, which is borrowed, names its lane or needs none. */
        boolean isLaneKnown(ByteBuf beginning);

        /** Receives a part of a long message; borrows it. */
        void onMessagePart(ByteBuf part, boolean isBegin, boolean isEnd);

        /** Marks the end of a buffer. */
        void onReadEnd();

        /** Marks the end of one read; the next one must be asked for. */
        void onReadComplete();

        /** Reports that the upstream has closed the connection. */
        void onClose(int status, String reason);

        /** Reports that the upstream broke the protocol; the connection is closed. */
        void onFault(String detail);
    }
}
