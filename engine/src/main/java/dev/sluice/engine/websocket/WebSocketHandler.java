// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.engine.spi.ObservedSession;
import dev.sluice.protocol.websocket.ClientEvent;
import dev.sluice.protocol.websocket.CloseStatus;
import dev.sluice.protocol.websocket.FrameScanner;
import dev.sluice.protocol.websocket.Utf8Checker;
import dev.sluice.protocol.websocket.WebSocketException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One WebSocket from a downstream: frames, pings, deadlines and the close. Messages go to its {@link Session}, each one
 * scanned while its bytes arrive.
 *
 * <p><b>Threading:</b> one instance per connection, confined to its loop.
 *
 * <p><b>Ownership:</b> takes every buffer that is read; holds the message that is arriving.
 *
 * <p><b>Pipeline position:</b> last; after the TLS handler, if there is one.
 */
public final class WebSocketHandler extends ChannelInboundHandlerAdapter implements Tickable, Session.Wire {
    /** The event that lets all connections close, because the relay stops. */
    public static final Object STOP = new Object();

    private static final Logger LOG = LoggerFactory.getLogger(WebSocketHandler.class);
    private static final int MAX_FRAMES = 1024;
    private static final int MAX_CONTROL_PER_SECOND = 100;
    /** The pace of a message after {@code timeouts.body_grace}, which is that of a request body. */
    private static final int BYTES_PER_SECOND = 1024;
    /** The bytes that a downstream may leave unread before nothing more is read from it. */
    private static final long MAX_PENDING_BYTES = 1024 * 1024;
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** The time after which a silent downstream is pinged, and after which a ping without an answer ends it. */
    private static final long PING_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** The time within which the first request must arrive. */
    private static final long FIRST_REQUEST_NANOS = TimeUnit.SECONDS.toNanos(60);
    /** The time for which frames are still read after a close was sent. Some clients never answer it. */
    private static final long CLOSING_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** The time over which quiet connections are closed by a drain, so that not all clients return at once. */
    private static final long SPREAD_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final MessageStarter starter;
    private final MemoryBudget budget;
    private final DownstreamRequest handshake;
    private final TimeoutConfig timeouts;
    private final long maxHeldBytes;
    private final byte[] scratch;
    private final FrameScanner frames;
    private final Utf8Checker utf8 = new Utf8Checker();
    private final String id;
    private final String principal;
    private final DialedSocket dialed;

    private ChannelHandlerContext ctx;
    private FrameOutput out;
    private Session session;
    private LoopTicker.Entry tick;
    private ByteBuf message;
    private ClientEvent event;
    private long reservedBytes;
    private boolean isReadPaused;
    private boolean isClosing;
    private boolean isClosedHere;
    private boolean isBroken; // a frame broke the protocol, so that no later one can be found
    private boolean isLeaving;
    private boolean isEnded;
    private boolean isPinged;
    private int closeStatus = CloseStatus.ABNORMAL;
    private long startedNanos;
    private long lastReadNanos;
    private long usedNanos; // the latest time at which a message arrived or a response was open
    private long closingNanos;
    private long drainNanos = Long.MIN_VALUE;
    private long secondNanos;
    private int controlFrames;
    private long takenBytes;
    private byte[] unanswered; // the payload of a ping; null for none
    private long pingedNanos;
    private long stalledNanos;
    private long messageNanos;
    private long receivedMessages;
    private long receivedBytes;

    /**
     * Creates the handler of a connection whose handshake was accepted.
     *
     * @param id        the id of the exchange that was the handshake
     * @param principal the name of the caller
     * @param starter   creates the exchanges
     * @param handshake the request for the upgrade
     * @param limits    the bounds of messages
     * @param timeouts  the deadlines
     * @param budget    bounds the memory of all bodies of the relay
     * @param scratch   a work array that no other thread uses
     * @param dialed    a WebSocket to an upstream that was opened before the handshake was accepted; taken; null for
     *                  none
     */
    public WebSocketHandler(String id, String principal, MessageStarter starter, DownstreamRequest handshake,
            LimitConfig limits, TimeoutConfig timeouts, MemoryBudget budget, byte[] scratch, DialedSocket dialed) {
        this.id = id;
        this.dialed = dialed;
        this.principal = principal;
        this.starter = starter;
        this.handshake = handshake;
        this.timeouts = timeouts;
        this.budget = budget;
        this.scratch = scratch;
        maxHeldBytes = limits.maxHeldBytes();
        frames = new FrameScanner(true, Math.min(limits.maxBodyBytes(), maxHeldBytes), MAX_FRAMES);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        out = new FrameOutput(context, () -> execute(this::onRoom));
        session = new Session(id, this, starter, Handshake.asPost(handshake), budget, context.alloc(), scratch);
        startedNanos = starter.ticker().nanoTime();
        lastReadNanos = startedNanos;
        usedNanos = startedNanos;
        secondNanos = startedNanos;
        tick = starter.ticker().add(this);
        if (dialed != null) {
            dialed.join(session);
        }
        context.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object received) {
        ByteBuf bytes = (ByteBuf) received;
        lastReadNanos = starter.ticker().nanoTime();
        isPinged = false;
        try {
            scan(bytes);
        } catch (WebSocketException e) {
            LOG.debug("websocket {}: {}", id, e.getMessage());
            isBroken = true;
            close(e.status(), e.getMessage());
        } finally {
            bytes.release();
        }
    }

    private void scan(ByteBuf bytes) {
        int end = bytes.writerIndex();
        int at = bytes.readerIndex();
        while (!isClosing || isClosedHere && !isBroken) {
            FrameScanner.Found found = frames.scan(bytes, at, end);
            at = frames.to();
            switch (found) {
                case NOTHING -> {
                    return;
                }
                case CONTROL -> onControl();
                default -> onPayload(bytes);
            }
        }
    }

    private void onPayload(ByteBuf bytes) {
        if (isClosing) {
            return; // sent before the relay's close was seen
        }
        if (frames.opcode() != FrameScanner.TEXT) {
            throw new WebSocketException(CloseStatus.UNACCEPTABLE_TYPE, "message: binary (expected: text)");
        }
        int length = frames.to() - frames.from();
        if (frames.isMessageBegin()) {
            event = new ClientEvent();
            messageNanos = lastReadNanos;
            message = ctx.alloc().directBuffer(Math.max(length, 256));
        }
        utf8.check(bytes, frames.from(), frames.to());
        reserve(length);
        event.scan(bytes, frames.from(), frames.to(), scratch);
        message.writeBytes(bytes, frames.from(), length);
        receivedBytes += length;
        if (frames.isMessageEnd()) {
            utf8.end();
            event.end();
            onMessage();
        }
    }

    private void reserve(int length) {
        if (!budget.tryReserve(length)) {
            throw new WebSocketException(CloseStatus.TRY_AGAIN_LATER,
                    "The relay has no memory left for messages");
        }
        reservedBytes += length;
    }

    private void onMessage() {
        receivedMessages++;
        usedNanos = lastReadNanos;
        ByteBuf text = message;
        ClientEvent whole = event;
        message = null;
        event = null;
        session.onMessage(whole, text);
        settle();
    }

    /** Gives back the memory of messages that are not held any more. */
    private void settle() {
        long held = session.openBytes() + (message == null ? 0 : message.readableBytes());
        if (reservedBytes > held) {
            budget.release(reservedBytes - held);
            reservedBytes = held;
        }
    }

    private void onControl() {
        long nowNanos = lastReadNanos;
        if (nowNanos - secondNanos > SECOND_NANOS) {
            secondNanos = nowNanos;
            controlFrames = 0;
        }
        if (++controlFrames > MAX_CONTROL_PER_SECOND) {
            throw new WebSocketException(CloseStatus.POLICY, "over " + MAX_CONTROL_PER_SECOND
                    + " control frames in a second");
        }
        switch (frames.opcode()) {
            case FrameScanner.PING -> {
                unanswered = ByteBufUtil.getBytes(frames.control()); // only the latest one counts
                pong();
            }
            case FrameScanner.CLOSE -> onClose(CloseStatus.read(frames.control()));
            default -> { } // a pong: that something arrived is all it says
        }
    }

    private void pong() {
        if (unanswered != null && !isClosing && ctx.channel().isWritable()) {
            out.control(FrameScanner.PONG, Unpooled.wrappedBuffer(unanswered));
            unanswered = null;
            out.flush();
        }
    }

    private void onRoom() {
        if (!isEnded) {
            session.onWritabilityChanged();
            readAgain();
        }
    }

    private void onClose(int status) {
        if (isClosing) {
            closeNow(); // the answer to the relay's own close
            return;
        }
        closeStatus = status;
        isClosing = true;
        closingNanos = starter.ticker().nanoTime();
        endSession();
        out.close(status, "");
        out.flush();
        closeAfterFlush();
    }

    @Override
    public void close(int status, String reason) {
        if (isClosing || isEnded) {
            return;
        }
        isClosing = true;
        isClosedHere = true;
        closeStatus = status;
        closingNanos = starter.ticker().nanoTime();
        endSession();
        out.close(status, reason);
        out.flush();
        ctx.read(); // for the answer; what arrives is dropped
    }

    private void closeAfterFlush() {
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> closeNow());
    }

    @Override
    public void closeNow() {
        ctx.close();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        readOn();
    }

    private void readAgain() {
        if (isReadPaused && !isClosing) {
            readOn();
        }
    }

    private void readOn() {
        // A message that is arriving may always be completed; it has a limit of its own.
        isReadPaused = !isClosing && (message == null && session.openBytes() >= maxHeldBytes
                || out.pendingBytes() > MAX_PENDING_BYTES);
        if (!isReadPaused) {
            ctx.read();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (isEnded) {
            return;
        }
        session.onWritabilityChanged();
        if (!isClosing && context.channel().isWritable()) {
            pong();
            readAgain();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        end();
    }

    private void end() {
        if (isEnded) {
            return;
        }
        endSession();
        isEnded = true;
        starter.ticker().remove(tick);
        if (message != null) {
            message.release();
            message = null;
        }
        budget.release(reservedBytes);
        reservedBytes = 0;
        out.release();
        starter.onSessionEnded(new ObservedSession(id, handshake.remoteAddress(), handshake.path(), principal,
                starter.ticker().nanoTime() - startedNanos, session.responses(), session.namedLanes(),
                receivedMessages, receivedBytes, out.messages(), out.bytes(), closeStatus, isClosedHere));
    }

    private void endSession() {
        session.end();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object triggered) throws Exception {
        if (triggered == STOP) {
            close(CloseStatus.RESTART, "the relay stops");
            return;
        }
        super.userEventTriggered(context, triggered);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException || cause instanceof DecoderException) { // the latter is broken TLS
            LOG.debug("websocket {}: connection lost: {}", id, cause.toString());
        } else {
            LOG.warn("websocket {}: closed because of an unexpected error", id, cause);
        }
        closeNow();
    }

    @Override
    public void onTick(long nowNanos) {
        if (isClosing) {
            if (nowNanos - closingNanos > CLOSING_NANOS) {
                closeNow();
            }
            return;
        }
        if (starter.isDraining()) {
            closeWhenIdle(nowNanos);
            if (isClosing) {
                return;
            }
        }
        if (session.responses() == 0 && nowNanos - startedNanos > FIRST_REQUEST_NANOS) {
            close(CloseStatus.GOING_AWAY, "no request within 60 s");
            return;
        }
        if (message != null && nowNanos - messageNanos > timeouts.bodyGrace().toNanos() && message.readableBytes()
                < TimeUnit.NANOSECONDS.toSeconds(nowNanos - messageNanos) * BYTES_PER_SECOND) {
            close(CloseStatus.POLICY, "a message slower than " + BYTES_PER_SECOND + " bytes a second");
            return;
        }
        if (closeIfIdle(nowNanos)) {
            return;
        }
        session.onTick(nowNanos);
        readAgain(); // messages that waited may have left without any other event
        closeIfStalled(nowNanos);
        pingIfSilent(nowNanos);
    }

    private boolean closeIfIdle(long nowNanos) {
        long limitNanos = timeouts.websocketIdle().toNanos();
        if (!session.isQuiet() || message != null) {
            usedNanos = nowNanos;
        } else if (limitNanos > 0 && nowNanos - usedNanos > limitNanos) {
            close(CloseStatus.GOING_AWAY, "no request within " + timeouts.websocketIdle().toSeconds() + " s");
            return true;
        }
        return false;
    }

    private void closeWhenIdle(long nowNanos) {
        if (drainNanos == Long.MIN_VALUE) {
            drainNanos = nowNanos + (isLeaving ? 0 : ThreadLocalRandom.current().nextLong(SPREAD_NANOS));
        }
        if (session.isQuiet() && (isLeaving || nowNanos - drainNanos >= 0)) {
            close(CloseStatus.RESTART, "the relay stops");
        }
    }

    /** Closes a connection whose downstream takes nothing. */
    private void closeIfStalled(long nowNanos) {
        long pending = out.unsentBytes(); // without what waits for the end of another message
        long taken = out.written() - pending;
        if (pending == 0 || taken > takenBytes) {
            takenBytes = taken;
            stalledNanos = nowNanos;
        } else if (nowNanos - stalledNanos > timeouts.writeStall().toNanos()) {
            closeNow();
        }
    }

    private void pingIfSilent(long nowNanos) {
        if (isReadPaused) {
            isPinged = false;
        } else if (isPinged) {
            if (nowNanos - pingedNanos > PING_NANOS) {
                closeNow();
            }
        } else if (nowNanos - lastReadNanos > PING_NANOS) {
            isPinged = true;
            pingedNanos = nowNanos;
            out.control(FrameScanner.PING, Unpooled.EMPTY_BUFFER);
            out.flush();
        }
    }

    @Override
    public FrameOutput out() {
        return out;
    }

    @Override
    public void flush() {
        if (!isEnded) {
            out.flush();
        }
    }

    @Override
    public void execute(Runnable task) {
        ctx.executor().execute(task);
    }

    @Override
    public void onProgress() {
        settle();
        if (isLeaving && session.isQuiet()) {
            close(CloseStatus.RESTART, "the relay stops");
        } else if (isReadPaused) {
            readOn();
        }
    }

    @Override
    public void onRefusedByDrain() {
        isLeaving = true;
        if (session.isQuiet()) {
            close(CloseStatus.RESTART, "the relay stops");
        }
    }
}
