// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.http.UpstreamConnection;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.engine.http.UpstreamRequest;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * One lane of a WebSocket, as the connection of one attempt. A request is sent as one message once it is complete.
 *
 * <p><b>Ownership:</b> owns the request's bytes until they are taken, or the attempt is cancelled.
 */
final class WebSocketUpstreamLane implements UpstreamConnection {
    private final WebSocketUpstream socket;
    private final String name;
    private final UpstreamListener attempt;
    private final boolean isAdopted;
    private List<ByteBuf> body = new ArrayList<>(2);
    private boolean isComplete;
    private boolean isWritten;
    private boolean isAnswered;

    WebSocketUpstreamLane(WebSocketUpstream socket, String name, UpstreamListener attempt, boolean isAdopted) {
        this.socket = socket;
        this.name = name;
        this.attempt = attempt;
        this.isAdopted = isAdopted;
    }

    String name() {
        return name;
    }

    UpstreamListener attempt() {
        return attempt;
    }

    /** Returns whether the whole request was handed over and waits to be sent. */
    boolean isComplete() {
        return isComplete && !isWritten;
    }

    /** Returns whether the request was sent. */
    boolean isWritten() {
        return isWritten;
    }

    void markWritten() {
        isWritten = true;
    }

    /** Returns whether an event has arrived. */
    boolean isAnswered() {
        return isAnswered;
    }

    void markAnswered() {
        isAnswered = true;
    }

    /** Returns the request's bytes and gives up their ownership. */
    List<ByteBuf> takeBody() {
        List<ByteBuf> taken = body;
        body = new ArrayList<>(0);
        return taken;
    }

    @Override
    public void writeHead(UpstreamRequest request) {
        socket.begin(request);
    }

    @Override
    public void writeBody(ByteBuf bytes) {
        if (isAdopted) {
            bytes.release(); // the upstream has made the request itself
        } else {
            body.add(bytes);
        }
    }

    @Override
    public void endRequest() {
        if (isComplete) {
            return;
        }
        isComplete = true;
        if (isAdopted) {
            isWritten = true;
        } else {
            socket.request(this);
        }
    }

    @Override
    public void flush() {
        // a request is sent as a whole
    }

    @Override
    public void read(long heldBytes) {
        // the socket is read as long as the downstream takes what arrives
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public long pendingBytes() {
        return 0;
    }

    /** Releases a request that was not sent; idempotent. */
    void release() {
        takeBody().forEach(ByteBuf::release);
    }

    @Override
    public void cancel() {
        release();
        socket.cancel(this);
    }

    @Override
    public String tls() {
        return socket.tls();
    }

    @Override
    public String protocol() {
        return "websocket";
    }

    @Override
    public boolean isReused() {
        return false; // whether a request on a connection that breaks was processed is never known
    }
}
