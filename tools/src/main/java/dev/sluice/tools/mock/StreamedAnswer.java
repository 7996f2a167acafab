// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Writes one streamed answer at its pace, as fast as the other side reads and no faster, and hashes what it writes.
 * Confined to its connection's loop.
 */
final class StreamedAnswer {
    private static final int FRAMING_BYTES = 16;

    private final ChannelHandlerContext wire;
    private final ResponseObject response;
    private final MockOptions options;
    private final EventSequence events;
    private final Consumer<MockReport> reports;
    private final Runnable onComplete;
    private final MessageDigest hash;
    private long bytes;
    private long sent;
    private boolean isOver;
    private boolean isWaiting;

    /**
     * @param wire       what is written through it goes to the socket as it is
     * @param reports    is told what was sent
     * @param onComplete runs where the connection can be used again
     */
    StreamedAnswer(ChannelHandlerContext wire, ResponseObject response, MockOptions options,
            Consumer<MockReport> reports, Runnable onComplete) {
        this.wire = wire;
        this.response = response;
        this.options = options;
        this.reports = reports;
        this.onComplete = onComplete;
        events = new EventSequence(response, options);
        try {
            hash = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: part of every Java platform)", e);
        }
    }

    void start() {
        String framing = options.framing == MockOptions.Framing.CHUNKED ? "transfer-encoding: chunked"
                : "connection: close";
        String head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nx-request-id: "
                + response.itemId("req") + "\r\n" + framing + "\r\n\r\n";
        wire.writeAndFlush(Unpooled.copiedBuffer(head, StandardCharsets.US_ASCII));
        pump();
    }

    /** Writes on; to be called whenever the socket takes more. */
    void pump() {
        while (!isOver && !isWaiting && wire.channel().isWritable()) {
            if (isFaultDue()) {
                fail();
            } else if (!events.hasNext()) {
                complete("complete");
            } else if (options.paceMillis > 0 && sent > 0) {
                isWaiting = true;
                wire.executor().schedule(this::afterPause, options.paceMillis, TimeUnit.MILLISECONDS);
            } else {
                writeBatch();
            }
        }
    }

    private boolean isFaultDue() {
        return options.fault != MockOptions.Fault.NONE && sent >= options.faultAfterEvents;
    }

    private void afterPause() {
        isWaiting = false;
        if (!isOver) {
            writeBatch();
            pump();
        }
    }

    private void writeBatch() {
        ByteBuf batch = Unpooled.buffer();
        for (int i = 0; i < options.glueEvents && events.hasNext() && !isFaultDue(); i++) {
            add(batch, events.next());
            sent++;
        }
        send(batch);
    }

    private void add(ByteBuf batch, byte[] event) {
        hash.update(event);
        bytes += event.length;
        if (options.framing == MockOptions.Framing.CHUNKED) {
            batch.ensureWritable(event.length + FRAMING_BYTES);
            batch.writeBytes(Integer.toHexString(event.length).getBytes(StandardCharsets.US_ASCII));
            batch.writeBytes(new byte[] {'\r', '\n'}).writeBytes(event).writeBytes(new byte[] {'\r', '\n'});
        } else {
            batch.writeBytes(event);
        }
    }

    private void send(ByteBuf batch) {
        if (options.cutBytes <= 0) {
            wire.writeAndFlush(batch);
            return;
        }
        while (batch.isReadable()) {
            wire.writeAndFlush(batch.readRetainedSlice(Math.min(options.cutBytes, batch.readableBytes())));
        }
        batch.release();
    }

    private void complete(String end) {
        if (options.framing == MockOptions.Framing.CHUNKED) {
            send(Unpooled.copiedBuffer("0\r\n\r\n", StandardCharsets.US_ASCII));
            over(end);
            onComplete.run();
        } else {
            over(end);
            wire.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    private void fail() {
        if (options.isFaultInEvent && events.hasNext()) {
            byte[] torn = events.next();
            ByteBuf half = Unpooled.buffer();
            add(half, Arrays.copyOf(torn, torn.length / 2));
            send(half);
        }
        Channel channel = wire.channel();
        switch (options.fault) {
            case TRUNCATE -> complete("truncate");
            case FAILED_EVENT -> {
                ByteBuf last = Unpooled.buffer();
                add(last, events.failed());
                sent++;
                send(last);
                complete("failed_event");
            }
            case STALL -> over("stall");
            case CLOSE -> {
                over("close");
                wire.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            }
            default -> {
                over("reset");
                wire.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> {
                    channel.config().setOption(ChannelOption.SO_LINGER, 0);
                    channel.close();
                });
            }
        }
    }

    /** Says that the other side has closed. */
    void onClosed() {
        if (!isOver) {
            over("left");
        }
    }

    private void over(String end) {
        isOver = true;
        reports.accept(new MockReport(response.id(), 200, sent, bytes, HexFormat.of().formatHex(hash.digest()), end));
    }
}
