// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.engine.http.ContentDecoder;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.buffer.ByteBuf;

/**
 * A response that is decoded before the way that handles it, because its downstream does not accept its coding or the
 * relay must read it. What follows sees a response without a coding.
 */
final class DecodedResponse implements ResponseWay {
    private final ContentDecoder decoder;
    private final ResponseSource source;
    private final BodyPiece piece = new BodyPiece();
    private ResponseWay next;
    private boolean hasBytes;
    private boolean isOver;

    /**
     * @param decoder decodes the body; released with this response
     */
    DecodedResponse(ContentDecoder decoder, ResponseSource source) {
        this.decoder = decoder;
        this.source = source;
    }

    /** Returns this way, in front of another one. */
    ResponseWay before(ResponseWay way) {
        next = way;
        return this;
    }

    /** Releases the decoder; idempotent. */
    void release() {
        isOver = true;
        decoder.release();
    }

    @Override
    public void onBody(BodyPiece coded) {
        ByteBuf bytes = coded.bytes();
        hasBytes |= coded.runs().count() > 0;
        try {
            for (int i = 0; i < coded.runs().count() && !isOver; i++) {
                decoder.decode(bytes.retainedSlice(coded.runs().start(i), coded.runs().length(i)), this::onDecoded);
            }
        } catch (RelayException invalid) {
            lose();
        } finally {
            bytes.release();
        }
    }

    private void onDecoded(ByteBuf decoded) {
        if (isOver) {
            decoded.release();
        } else {
            piece.setWhole(decoded);
            next.onBody(piece);
        }
    }

    private void lose() {
        if (!isOver) {
            isOver = true;
            source.cancel();
            next.onLost(ErrorCode.UPSTREAM_CODING);
        }
    }

    @Override
    public void onReadComplete() {
        if (!isOver) {
            next.onReadComplete();
        }
    }

    @Override
    public void onEnd(boolean isByClose) {
        if (isOver) {
            return;
        }
        try {
            if (hasBytes) {
                decoder.end();
            }
        } catch (RelayException incomplete) {
            next.onLost(ErrorCode.UPSTREAM_TRUNCATED);
            return;
        }
        next.onEnd(false); // the coding marks the end, whatever the framing does
    }

    @Override
    public void onLost(ErrorCode cause) {
        next.onLost(cause);
    }

    @Override
    public void onDownstreamClosed() {
        next.onDownstreamClosed();
    }

    @Override
    public long lastReadNanos() {
        return next.lastReadNanos();
    }

    @Override
    public int status() {
        return next.status();
    }
}
