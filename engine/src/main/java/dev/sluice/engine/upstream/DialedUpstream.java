// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.UpstreamConnection;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.engine.http.UpstreamRequest;
import dev.sluice.engine.websocket.DialedSocket;
import dev.sluice.engine.websocket.MessageSession;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.function.BiConsumer;

/**
 * The handshake of a WebSocket upstream as the connection of an attempt that has no other request. The response of an
 * accepted handshake has status 101; the WebSocket then belongs to the attempt until it joins a downstream connection.
 *
 * <p><b>Threading:</b> confined to the loop of the downstream connection.
 */
final class DialedUpstream implements UpstreamConnection, DialedSocket, WebSocketUpstreamHandler.Listener {
    private final UpstreamListener attempt;
    private final BiConsumer<MessageSession, WebSocketUpstreamHandler> joining;
    private WebSocketUpstreamHandler handler;
    private boolean isOver;

    /**
     * @param joining makes the connection one of a downstream connection
     */
    DialedUpstream(UpstreamListener attempt, BiConsumer<MessageSession, WebSocketUpstreamHandler> joining) {
        this.attempt = attempt;
        this.joining = joining;
    }

    /** Sets the connection; called once, before anything else. */
    void use(WebSocketUpstreamHandler connected) {
        handler = connected;
    }

    @Override
    public void join(MessageSession session) {
        isOver = true;
        joining.accept(session, handler);
    }

    @Override
    public void writeHead(UpstreamRequest request) {
        handler.begin(request);
    }

    @Override
    public void writeBody(ByteBuf bytes) {
        bytes.release(); // a handshake has no body
    }

    @Override
    public void endRequest() {
        // the head is the whole request
    }

    @Override
    public void flush() {
        // the head was flushed
    }

    @Override
    public void read(long heldBytes) {
        // the handler reads until the handshake is answered
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public long pendingBytes() {
        return 0;
    }

    @Override
    public void cancel() {
        if (!isOver) {
            isOver = true;
            handler.closeNow();
        }
    }

    @Override
    public String tls() {
        return handler == null ? null : handler.tls();
    }

    @Override
    public String protocol() {
        return "websocket";
    }

    @Override
    public boolean isReused() {
        return false;
    }

    @Override
    public void onOpen(HttpHeaders headers) {
        if (!isOver) {
            attempt.onResponseHead(new ResponseHead(HttpResponseStatus.SWITCHING_PROTOCOLS, headers, 0));
        }
    }

    @Override
    public void onResponse(ResponseHead refusal) {
        if (!isOver) {
            attempt.onResponseHead(refusal);
        }
    }

    @Override
    public void onResponseBody(BodyPiece body) {
        if (isOver) {
            body.bytes().release();
        } else {
            attempt.onResponseBody(body);
        }
    }

    @Override
    public void onResponseEnd(boolean isByClose) {
        if (!isOver) {
            isOver = true;
            attempt.onResponseEnd(isByClose);
        }
    }

    @Override
    public void onMessage(ByteBuf bytes, int from, int to) {
        // only after a cancelled attempt: the connection is being closed
    }

    @Override
    public boolean isLaneKnown(ByteBuf beginning) {
        return true;
    }

    @Override
    public void onMessagePart(ByteBuf part, boolean isBegin, boolean isEnd) {
        // as for a whole message
    }

    @Override
    public void onReadEnd() {
        // nothing was collected
    }

    @Override
    public void onReadComplete() {
        // nothing is read before there is a downstream connection
    }

    @Override
    public void onClose(int status, String reason) {
        lose(AttemptFailure.Kind.CLOSED, "closed before the handshake was answered");
    }

    @Override
    public void onFault(String detail) {
        lose(AttemptFailure.Kind.MALFORMED, detail);
    }

    private void lose(AttemptFailure.Kind kind, String detail) {
        if (!isOver) {
            isOver = true;
            attempt.onAttemptFailed(new AttemptFailure(kind, false, true, false, detail));
        }
    }
}
