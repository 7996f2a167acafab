// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A writer of one streamed answer. It writes at the configured pace but no faster than the peer reads, and it hashes
 * the body.
 *
 * <p><b>Threading:</b> confined to the event loop of its connection.
 */
final class StreamedAnswer {
    private final AnswerWire wire;
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
     * @param wire       the output for the bytes
     * @param reports    receives one report when the answer is over
     * @param onComplete runs after a clean end if the connection can be reused
     */
    StreamedAnswer(AnswerWire wire, ResponseObject response, MockOptions options,
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

    private String hashWith(byte[] last) {
        try {
            return HexFormat.of().formatHex(((MessageDigest) hash.clone()).digest(last));
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("SHA-256: not cloneable (expected: cloneable, as in the JDK)", e);
        }
    }

    void start() {
        events.hashedBy(this::hashWith);
        wire.head(response.itemId("req"));
        pump();
    }

    /** Writes until the channel is no longer writable; to be called whenever it is writable again. */
    void pump() {
        while (!isOver && !isWaiting && wire.channel().isWritable()) {
            if (isFaultDue()) {
                fail();
            } else if (!events.hasNext()) {
                complete("complete");
            } else if (options.paceMillis > 0 && sent > 0) {
                isWaiting = true;
                wire.channel().eventLoop().schedule(this::afterPause, options.paceMillis, TimeUnit.MILLISECONDS);
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
        wire.frame(batch, event);
    }

    private void send(ByteBuf batch) {
        if (options.cutBytes <= 0) {
            wire.send(batch);
            return;
        }
        while (batch.isReadable()) {
            wire.send(batch.readRetainedSlice(Math.min(options.cutBytes, batch.readableBytes())));
        }
        batch.release();
    }

    private void complete(String end) {
        over(end);
        if (wire.end()) {
            onComplete.run();
        }
    }

    private void fail() {
        if (options.isFaultInEvent && events.hasNext()) {
            byte[] torn = events.next();
            ByteBuf half = Unpooled.buffer();
            add(half, Arrays.copyOf(torn, torn.length / 2));
            send(half);
        }
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
                wire.close();
            }
            default -> {
                over("reset");
                wire.reset();
            }
        }
    }

    /** Records that the peer closed the connection, unless the answer is already over. */
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
