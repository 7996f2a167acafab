// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.downstream.ResponseHead;
import dev.sluice.protocol.framing.TransferScanner;
import io.netty.buffer.ByteBuf;

/** One attempt as its upstream connection sees it. Called on the loop of both. */
public interface UpstreamListener {
    /** A connection is there; the request may be written to it. */
    void onConnected(UpstreamConnection connection);

    /** No connection could be made. */
    void onConnectFailed(Throwable cause);

    /** No connection has room for the attempt, and none came to have any in time. */
    void onUpstreamBusy();

    /** Returns whether somebody still waits for {@link #onConnected}. */
    boolean isWanted();

    /** The final response's head has come; informational ones are not told. */
    void onResponseHead(ResponseHead head);

    /**
     * Bytes of the body.
     *
     * @param read  one received buffer; taken
     * @param frame what the scan of it found; stands until the next call
     */
    void onResponseBody(ByteBuf read, TransferScanner frame);

    /**
     * The response has ended.
     *
     * @param isByClose whether only the close of the connection said so
     */
    void onResponseEnd(boolean isByClose);

    /** The bytes of one read have all been told. */
    void onUpstreamReadComplete();

    /** The attempt is lost; nothing else will be told of it. */
    void onAttemptFailed(AttemptFailure failure);

    /** The upstream takes more of the request. */
    void onUpstreamWritable();
}
