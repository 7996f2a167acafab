// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.Failure;
import dev.sluice.protocol.framing.BodyPiece;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A response of which only the head has arrived. It sends nothing downstream before the first body byte or the end, so
 * that an earlier failure can still be answered with an HTTP status of its own. A success is also held until the
 * request was sent completely, because an invalid end of the request must be refused.
 */
final class HeldResponse implements ResponseWay {
    private final Function<BodyPiece, ResponseWay> chooser;
    private final int status;
    private final Consumer<ResponseWay> ways;
    private final ResponseSource source;
    private final ResponseListener listener;
    private final BodyObserver.Tools tools;
    private final Beginning beginning;
    private boolean isEarly;
    private long lastReadNanos;

    /**
     * @param chooser chooses the way of the response by its first bytes; null for a response without any
     * @param status  the response's status
     * @param ways    makes another way the current one
     * @param beginning reads the beginning of the response; null if no other attempt could take its place
     * @param isEarly whether the response is a success that arrived before the request was sent completely
     */
    HeldResponse(Function<BodyPiece, ResponseWay> chooser, Consumer<ResponseWay> ways, int status,
            ResponseSource source, ResponseListener listener, BodyObserver.Tools tools, Beginning beginning,
            boolean isEarly) {
        this.chooser = chooser;
        this.status = status;
        this.ways = ways;
        this.source = source;
        this.listener = listener;
        this.tools = tools;
        this.beginning = beginning;
        this.isEarly = isEarly;
        lastReadNanos = tools.nanoTime();
    }

    /** Lets an early response proceed, because the request was sent completely. */
    void onRequestSent() {
        isEarly = false;
        source.read(0);
    }

    @Override
    public void onBody(BodyPiece piece) {
        lastReadNanos = tools.nanoTime();
        if (isEarly) {
            piece.bytes().release();
            refuseEarly();
        } else if (piece.runs().count() == 0) {
            piece.bytes().release(); // framing only: nothing is passed on before the first body byte
        } else if (isReplaced(piece)) {
            piece.bytes().release();
        } else {
            ResponseWay next = chooser.apply(piece);
            ways.accept(next);
            next.begin();
            next.onBody(piece);
        }
    }

    /** Returns whether another attempt takes the place of a response that begins with a failure. */
    private boolean isReplaced(BodyPiece piece) {
        Failure failure = beginning == null ? null : beginning.failure(piece);
        return failure != null && listener.onFailure(failure, true);
    }

    private void refuseEarly() {
        listener.onRefused(RelayException.of(ErrorCode.UPSTREAM_MALFORMED,
                "The upstream answered before the request was complete"));
    }

    @Override
    public void onReadComplete() {
        if (!isEarly) {
            source.read(0); // nothing was passed on, so no bytes wait for the downstream
        }
    }

    @Override
    public void onEnd(boolean isByClose) {
        if (isEarly) {
            refuseEarly();
            return;
        }
        ResponseWay next = chooser.apply(null);
        ways.accept(next);
        next.onEnd(isByClose);
    }

    @Override
    public void onLost(ErrorCode cause) {
        chooser.apply(null).onLost(cause);
    }

    @Override
    public void onDownstreamClosed() {
        source.cancel();
        listener.onEnded(ExchangeEnd.DOWNSTREAM_LEFT, null);
    }

    @Override
    public long lastReadNanos() {
        return lastReadNanos;
    }

    @Override
    public int status() {
        return status;
    }
}
