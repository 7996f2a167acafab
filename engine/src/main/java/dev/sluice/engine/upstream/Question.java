// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.UpstreamConnection;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.engine.http.UpstreamRequest;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * A {@code GET} of the relay's own to an endpoint, with the endpoint's credentials, and its response.
 *
 * <p><b>Threading:</b> confined to the loop of the connection.
 */
abstract class Question implements UpstreamListener {
    private final Endpoint endpoint;
    private final String path;
    private final int maxBodyBytes;
    private UpstreamConnection connection;
    private boolean isOver;
    private int bodyBytes;

    /**
     * @param path         the path below the endpoint's base URL
     * @param maxBodyBytes the number of body bytes that are read
     */
    Question(Endpoint endpoint, String path, int maxBodyBytes) {
        this.endpoint = endpoint;
        this.path = path;
        this.maxBodyBytes = maxBodyBytes;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** Returns whether nothing more is going to happen. */
    boolean isOver() {
        return isOver;
    }

    /** Gives up on the response; idempotent. */
    void end() {
        if (!isOver && connection != null) {
            isOver = true;
            connection.cancel();
        }
        isOver = true;
    }

    /** Receives the status. */
    abstract void onStatus(int status);

    /** Receives a part of the body; borrows it. */
    void onPiece(BodyPiece piece) {
        // most questions are answered by the status
    }

    /** Reports that the whole body was received. */
    void onComplete() {
        // most questions are answered by the status
    }

    /** Reports that there is no connection; the pool has recorded the failure. */
    abstract void onUnreachable(Throwable cause);

    /**
     * Reports that there is no answer.
     *
     * @param found what was found instead
     */
    abstract void onFailed(String found);

    @Override
    public final void onConnected(UpstreamConnection acquired) {
        connection = acquired;
        if (isOver) {
            acquired.cancel();
            return;
        }
        HttpHeaders headers = new DefaultHttpHeaders().set("accept", "application/json")
                .set("accept-encoding", "identity");
        endpoint.headers().forEach(headers::set);
        acquired.writeHead(new UpstreamRequest("GET", path + endpoint.query(""), headers, 0, false));
        acquired.endRequest();
        acquired.flush();
        if (!isOver) {
            acquired.read(0);
        }
    }

    @Override
    public final void onConnectFailed(Throwable cause) {
        isOver = true;
        onUnreachable(cause);
    }

    @Override
    public final void onUpstreamBusy() {
        isOver = true;
        onFailed("no connection has room");
    }

    @Override
    public final boolean isWanted() {
        return !isOver;
    }

    @Override
    public final void onResponseHead(ResponseHead head) {
        onStatus(head.status().code());
    }

    @Override
    public final void onResponseBody(BodyPiece piece) {
        bodyBytes += piece.bytes().readableBytes();
        boolean isTooLong = bodyBytes > maxBodyBytes;
        if (!isTooLong && !isOver) {
            onPiece(piece);
        }
        piece.bytes().release();
        if (isTooLong && !isOver) {
            end();
            onFailed("over " + maxBodyBytes + " bytes");
        }
    }

    @Override
    public final void onResponseEnd(boolean isByClose) {
        boolean wasOver = isOver;
        isOver = true;
        if (!wasOver) {
            onComplete();
        }
    }

    @Override
    public final void onUpstreamReadComplete() {
        if (!isOver) {
            connection.read(0);
        }
    }

    @Override
    public final void onAttemptFailed(AttemptFailure failure) {
        isOver = true;
        boolean isStale = failure.kind() == AttemptFailure.Kind.CLOSED && failure.isReused()
                && !failure.hasResponseBytes();
        if (!isStale) { // a kept connection that the endpoint closed meanwhile proves nothing
            onFailed(failure.detail());
        }
    }

    @Override
    public final void onUpstreamWritable() {
        // nothing waits to be written
    }
}
