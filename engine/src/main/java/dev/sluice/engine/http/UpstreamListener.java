// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import dev.sluice.protocol.framing.BodyPiece;

/** The attempt, as its upstream connection sees it. Called on the loop of both. */
public interface UpstreamListener {
    /** Receives the connection; the request may be written to it. */
    void onConnected(UpstreamConnection connection);

    /** Reports that no connection could be made. */
    void onConnectFailed(Throwable cause);

    /** Reports that no connection has room for the attempt, or that the attempt waited too long for one. */
    void onUpstreamBusy();

    /** {@return whether the attempt still waits for {@link #onConnected}} */
    boolean isWanted();

    /** Receives the head of the final response; informational responses are not delivered. */
    void onResponseHead(ResponseHead head);

    /**
     * Receives the body bytes of one read.
     *
     * @param piece borrowed during the call; its buffer is taken
     */
    void onResponseBody(BodyPiece piece);

    /**
     * Receives the end of the response.
     *
     * @param isByClose whether only the close of the connection marked the end
     */
    void onResponseEnd(boolean isByClose);

    /** Marks the end of one read, after all of its bytes were delivered. */
    void onUpstreamReadComplete();

    /** Reports that the attempt is lost; no other call follows. */
    void onAttemptFailed(AttemptFailure failure);

    /** Reports that the upstream takes more of the request. */
    void onUpstreamWritable();
}
