// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import dev.sluice.protocol.framing.BodyPiece;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;

/** An upstream edge without a protocol: it keeps what is sent, and a test answers through it. */
public final class RecordingConnection implements UpstreamConnection {
    public final UpstreamListener listener;
    public final StringBuilder body = new StringBuilder();
    public UpstreamRequest request;
    public boolean isEnded;
    public boolean isCancelled;
    public boolean isWritable = true;
    public boolean isReused;
    public int reads;

    public RecordingConnection(UpstreamListener listener) {
        this.listener = listener;
    }

    /** Hands the connection to the attempt. */
    public RecordingConnection connect() {
        listener.onConnected(this);
        return this;
    }

    /** Answers with a head; the headers are pairs of name and value. */
    public RecordingConnection answer(int status, String... headers) {
        DefaultHttpHeaders all = new DefaultHttpHeaders();
        for (int i = 0; i < headers.length; i += 2) {
            all.add(headers[i], headers[i + 1]);
        }
        listener.onResponseHead(new ResponseHead(HttpResponseStatus.valueOf(status), all, -1));
        return this;
    }

    /** Answers with the head of an event stream. */
    public RecordingConnection answerEvents() {
        return answer(200, "content-type", "text/event-stream");
    }

    /** Delivers one read. */
    public RecordingConnection deliver(String text) {
        BodyPiece piece = new BodyPiece();
        piece.setWhole(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        listener.onResponseBody(piece);
        listener.onUpstreamReadComplete();
        return this;
    }

    public void end() {
        listener.onResponseEnd(false);
    }

    /** Loses the connection. */
    public void fail(AttemptFailure.Kind kind, boolean hasResponseBytes) {
        listener.onAttemptFailed(new AttemptFailure(kind, isReused, isEnded, hasResponseBytes, "a test"));
    }

    @Override
    public void writeHead(UpstreamRequest written) {
        request = written;
    }

    @Override
    public void writeBody(ByteBuf bytes) {
        body.append(bytes.toString(StandardCharsets.UTF_8));
        bytes.release();
    }

    @Override
    public void endRequest() {
        isEnded = true;
    }

    @Override
    public void flush() {
        // nothing is buffered
    }

    @Override
    public void read(long heldBytes) {
        reads++;
    }

    @Override
    public boolean isWritable() {
        return isWritable;
    }

    @Override
    public long pendingBytes() {
        return 0;
    }

    @Override
    public void cancel() {
        isCancelled = true;
    }

    @Override
    public String protocol() {
        return "fake";
    }

    @Override
    public boolean isReused() {
        return isReused;
    }
}
