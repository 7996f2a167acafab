// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.protocol.event.Failure;
import dev.sluice.protocol.event.FirstEvent;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * The decision whether a response begins with its failure, from its first read; pure. It is made before anything is
 * passed on and only if another endpoint could serve the request. A stream that begins like a good one costs a look at
 * its first 64 bytes.
 */
enum Beginning {
    /** An event stream that answers with a status of success. */
    STREAM {
        @Override
        Failure failure(BodyPiece piece) {
            if (beginsWell(piece)) {
                return null;
            }
            return piece.isMessages()
                    ? FirstEvent.ofMessage(piece.bytes(), piece.runs().start(0), piece.runs().end(0))
                    : FirstEvent.failure(piece.bytes(), piece.runs());
        }
    },
    /** A document that answers with a status of success. */
    DOCUMENT {
        @Override
        Failure failure(BodyPiece piece) {
            byte[] whole = bytes(piece);
            return whole == null ? null : Failure.ofDocument(whole);
        }
    },
    /** A document that refuses the request with a status that may mean that the endpoint lacks the model. */
    REFUSAL {
        @Override
        Failure failure(BodyPiece piece) {
            byte[] whole = bytes(piece);
            Failure failure = whole == null ? null : Failure.ofErrorBody(whole);
            return failure != null && failure.isModelMissing() ? failure : null;
        }
    };

    private static final byte[] CREATED = "response.created".getBytes(StandardCharsets.US_ASCII);
    private static final int LOOK_BYTES = 64;
    /** The size of the largest document that is read; a failure is shorter. */
    private static final int MAX_DOCUMENT_BYTES = 16 * 1024;

    /** Returns the beginning to read; null if it cannot report a failure. */
    static Beginning of(BodyObserver body, int status) {
        if (body.isEventStream()) {
            return STREAM;
        }
        if (body.isDocument()) {
            return DOCUMENT;
        }
        return status == 404 || status == 400 || status == 403 ? REFUSAL : null;
    }

    /**
     * Returns the failure with which a response begins.
     *
     * @param piece borrowed
     * @return null if it begins otherwise
     */
    abstract Failure failure(BodyPiece piece);

    private static boolean beginsWell(BodyPiece piece) {
        int from = piece.runs().start(0);
        int to = from + Math.min(piece.runs().length(0), LOOK_BYTES) - CREATED.length;
        ByteBuf bytes = piece.bytes();
        for (int i = from; i <= to; i++) {
            if (bytes.getByte(i) == CREATED[0] && isCreated(bytes, i)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isCreated(ByteBuf bytes, int at) {
        for (int i = 1; i < CREATED.length; i++) {
            if (bytes.getByte(at + i) != CREATED[i]) {
                return false;
            }
        }
        return true;
    }

    /** Returns a copy of the body's bytes; null if they are more than a failure has. */
    private static byte[] bytes(BodyPiece piece) {
        return piece.runs().totalBytes() > MAX_DOCUMENT_BYTES ? null
                : piece.runs().copy(piece.bytes(), MAX_DOCUMENT_BYTES);
    }
}
