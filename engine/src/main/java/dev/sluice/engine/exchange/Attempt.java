// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.downstream.ResponseHead;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.engine.upstream.AttemptFailure;
import dev.sluice.engine.upstream.UpstreamConnection;
import dev.sluice.engine.upstream.UpstreamListener;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.framing.TransferScanner;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;

/**
 * One try of an exchange upstream. It tells its exchange what comes back until it is detached: cancelled, or left to
 * read the little that follows a terminal event so that its connection can return to the pool.
 */
final class Attempt implements UpstreamListener, Tickable {
    private static final int MAX_LEFTOVER_BYTES = 64 * 1024;
    private static final long LEFTOVER_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final LoopTicker ticker;
    private final Exchange exchange;
    private UpstreamConnection connection;
    private boolean isDetached;
    private boolean isOver;
    private LoopTicker.Entry tick;
    private long leftoverSinceNanos;
    private long leftoverBytes;

    Attempt(Exchange exchange, LoopTicker ticker) {
        this.exchange = exchange;
        this.ticker = ticker;
    }

    /** Returns the connection, or null before there is one. */
    UpstreamConnection connection() {
        return connection;
    }

    /** Ends the attempt at once; the exchange is told nothing more. */
    void cancel() {
        isDetached = true;
        if (connection != null && !isOver) {
            isOver = true;
            connection.cancel();
        }
    }

    /** Leaves the attempt to itself: what is left of the response is read and dropped, within narrow bounds. */
    void finishAlone() {
        isDetached = true;
        if (!isOver) {
            leftoverSinceNanos = ticker.nanoTime();
            tick = ticker.add(this);
            connection.read(0);
        }
    }

    @Override
    public void onTick(long nowNanos) {
        if (nowNanos - leftoverSinceNanos > LEFTOVER_NANOS) {
            endAlone();
            connection.cancel();
        }
    }

    private void endAlone() {
        isOver = true;
        if (tick != null) {
            ticker.remove(tick);
        }
    }

    @Override
    public void onConnected(UpstreamConnection acquired) {
        connection = acquired;
        if (isDetached) {
            isOver = true;
            acquired.cancel();
        } else {
            exchange.requestSide().onConnected(this);
        }
    }

    @Override
    public void onConnectFailed(Throwable cause) {
        isOver = true;
        if (!isDetached) {
            exchange.requestSide().onConnectFailed(cause);
        }
    }

    @Override
    public void onUpstreamBusy() {
        isOver = true;
        if (!isDetached) {
            exchange.refuse(RelayException.of(ErrorCode.RELAY_OVERLOADED,
                    "The connections to the upstream carry as many requests as they may"));
        }
    }

    @Override
    public boolean isWanted() {
        return !isDetached;
    }

    @Override
    public void onResponseHead(ResponseHead head) {
        if (!isDetached) {
            exchange.responseSide().onHead(head);
        }
    }

    @Override
    public void onResponseBody(ByteBuf read, TransferScanner frame) {
        if (!isDetached) {
            exchange.responseSide().onBody(read, frame);
            return;
        }
        leftoverBytes += read.readableBytes();
        read.release();
        if (leftoverBytes > MAX_LEFTOVER_BYTES && !isOver) {
            endAlone();
            connection.cancel();
        }
    }

    @Override
    public void onResponseEnd(boolean isByClose) {
        endAlone();
        if (!isDetached) {
            exchange.responseSide().onEnd(isByClose);
        }
    }

    @Override
    public void onUpstreamReadComplete() {
        if (!isDetached) {
            exchange.responseSide().onReadComplete();
        } else if (!isOver) {
            connection.read(0);
        }
    }

    @Override
    public void onAttemptFailed(AttemptFailure failure) {
        endAlone();
        if (!isDetached) {
            exchange.onAttemptFailed(failure);
        }
    }

    @Override
    public void onUpstreamWritable() {
        if (!isDetached) {
            exchange.requestSide().onUpstreamWritable();
        }
    }

    /** Returns whether the connection is gone from this attempt. */
    boolean isOver() {
        return isOver;
    }
}
