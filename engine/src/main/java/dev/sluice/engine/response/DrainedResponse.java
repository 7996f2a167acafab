// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.framing.BodyPiece;

/** A response whose downstream has left. The rest is read, within a bound, so that its usage is known. */
final class DrainedResponse implements ResponseWay {
    private final BodyObserver body;
    private final ResponseSource source;
    private final ResponseListener listener;
    private final BodyObserver.Tools tools;
    private final int status;
    private final long endAtBytes;
    private long lastReadNanos;

    /**
     * @param maxBytes the maximum number of bytes that are still read
     * @param status   the status that was sent downstream
     */
    DrainedResponse(BodyObserver body, ResponseSource source, ResponseListener listener, BodyObserver.Tools tools,
            long maxBytes, int status) {
        this.body = body;
        this.source = source;
        this.listener = listener;
        this.tools = tools;
        this.status = status;
        endAtBytes = body.bodyBytes() + maxBytes;
        lastReadNanos = tools.nanoTime();
    }

    @Override
    public void begin() {
        source.read(0);
    }

    @Override
    public void onBody(BodyPiece piece) {
        lastReadNanos = tools.nanoTime();
        body.add(piece, lastReadNanos);
        piece.bytes().release();
        if (body.bodyBytes() > endAtBytes) {
            body.observe();
            source.cancel();
            listener.onEnded(ExchangeEnd.DOWNSTREAM_LEFT, null);
        }
    }

    @Override
    public void onReadComplete() {
        body.observe();
        source.read(0);
    }

    @Override
    public void onEnd(boolean isByClose) {
        finish();
    }

    @Override
    public void onLost(ErrorCode cause) {
        finish();
    }

    private void finish() {
        body.end();
        if (body.responseId() != null) {
            listener.onResponseId(body.responseId());
        }
        listener.onEnded(ExchangeEnd.DOWNSTREAM_LEFT, null);
    }

    @Override
    public void onDownstreamClosed() {
        // it has left already
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
