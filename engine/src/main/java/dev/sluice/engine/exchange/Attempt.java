// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.downstream.ResponseHead;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.engine.upstream.AttemptFailure;
import dev.sluice.engine.upstream.Endpoint;
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
    private final Endpoint endpoint;
    private UpstreamConnection connection;
    private boolean isDetached;
    private boolean isOver;
    private LoopTicker.Entry tick;
    private long leftoverSinceNanos;
    private long leftoverBytes;

    /**
     * @param endpoint chosen, and counted as such; the attempt gives its place back
     */
    Attempt(Exchange exchange, LoopTicker ticker, Endpoint endpoint) {
        this.exchange = exchange;
        this.ticker = ticker;
        this.endpoint = endpoint;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    private void over() {
        if (!isOver) {
            isOver = true;
            endpoint.onDone();
        }
    }

    /** The endpoint has not answered in time. */
    void onTimedOut() {
        endpoint.onFailure(ticker.nanoTime());
    }

    /** Returns the connection, or null before there is one. */
    UpstreamConnection connection() {
        return connection;
    }

    /** Ends the attempt at once; the exchange is told nothing more. */
    void cancel() {
        isDetached = true;
        if (connection != null && !isOver) {
            over();
            connection.cancel();
        } else {
            over();
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
        over();
        if (tick != null) {
            ticker.remove(tick);
        }
    }

    @Override
    public void onConnected(UpstreamConnection acquired) {
        connection = acquired;
        if (isDetached) {
            over();
            acquired.cancel();
        } else {
            exchange.requestSide().attempts().onConnected(this);
        }
    }

    @Override
    public void onConnectFailed(Throwable cause) {
        over();
        if (!isDetached) {
            exchange.requestSide().attempts().onConnectFailed(this, cause);
        }
    }

    @Override
    public void onUpstreamBusy() {
        over();
        if (!isDetached && !exchange.requestSide().attempts().isHedgeLeft(this)) {
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
        if (isFailure(head.status().code())) {
            endpoint.onFailure(ticker.nanoTime());
        } else {
            endpoint.onSuccess(ticker.nanoTime());
        }
        long resetNanos = CoolDown.resetNanos(head.headers(), System.currentTimeMillis() / 1000);
        if (resetNanos > 0) {
            endpoint.onRetryAfter(ticker.nanoTime(), resetNanos);
        }
        if (!isDetached && exchange.requestSide().attempts().isChosen(this, head.status().code())) {
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
        if (!isDetached && !exchange.responseSide().isAnsweredBy(this) && exchange.requestSide().attempt() != this) {
            connection.read(0); // a hedge: what it has read so far is no answer yet
        } else if (!isDetached) {
            exchange.responseSide().onReadComplete();
        } else if (!isOver) {
            connection.read(0);
        }
    }

    @Override
    public void onAttemptFailed(AttemptFailure failure) {
        endAlone();
        boolean isEndpointsFault = failure.kind() == AttemptFailure.Kind.MALFORMED
                || failure.kind() == AttemptFailure.Kind.CLOSED && !failure.isReused() && !failure.hasResponseBytes()
                || failure.kind() == AttemptFailure.Kind.RESET && !failure.hasResponseBytes();
        if (isEndpointsFault) {
            endpoint.onFailure(ticker.nanoTime());
        }
        if (!isDetached) {
            exchange.onAttemptFailed(this, failure);
        }
    }

    @Override
    public void onUpstreamWritable() {
        if (!isDetached) {
            exchange.requestSide().attempts().onUpstreamWritable(this);
        }
    }

    /** Returns whether the connection is gone from this attempt. */
    boolean isOver() {
        return isOver;
    }

    /** 529 is how some upstreams say that they are overloaded. 429 is no failure: a limit works as it should. */
    private static boolean isFailure(int status) {
        return switch (status) {
            case 500, 502, 503, 504, 529 -> true;
            default -> false;
        };
    }
}
