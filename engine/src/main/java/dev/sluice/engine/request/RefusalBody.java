// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.engine.http.ResponseHead;
import dev.sluice.protocol.event.Failure;
import dev.sluice.protocol.framing.BodyPiece;
import java.io.ByteArrayOutputStream;

/** A copy of the body of a response that refuses a request, which may name the time of the refusal's end. */
final class RefusalBody {
    private static final int MAX_BYTES = 16 * 1024;

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream(512);

    private RefusalBody() {
    }

    /** Returns an empty copy, or null if the response is no refusal for a time or its body is coded. */
    static RefusalBody of(ResponseHead head) {
        int status = head.status().code();
        boolean isForATime = status == 429 || status == 503 || status == 529;
        return isForATime && !head.headers().contains("content-encoding") ? new RefusalBody() : null;
    }

    /** Copies a piece, as far as there is room; borrows it. */
    void add(BodyPiece piece) {
        kept.writeBytes(piece.runs().copy(piece.bytes(), MAX_BYTES - kept.size()));
    }

    /** Returns the failure that the body reports. */
    Failure read() {
        return Failure.ofErrorBody(kept.toByteArray());
    }
}
