// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import dev.sluice.protocol.framing.BodyPiece;
import dev.sluice.protocol.framing.BodyRuns;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** A downstream edge without a protocol: it keeps what a response writes. */
public final class RecordingSink implements ResponseSink, RequestSource {
    public final StringBuilder body = new StringBuilder();
    public ResponseHead head;
    public String end = "open";
    public int flushes;
    public int reads;
    public boolean isWritable = true;
    public boolean canAppend = true;
    public boolean isContinued;
    public Runnable onFlush = () -> { };

    /** Forgets what was written. */
    public void reset() {
        head = null;
        end = "open";
        body.setLength(0);
    }

    @Override
    public void sendContinue() {
        isContinued = true;
    }

    @Override
    public void writeHead(ResponseHead written) {
        head = written;
    }

    @Override
    public void relay(BodyPiece piece) {
        BodyRuns runs = piece.runs();
        for (int i = 0; i < runs.count(); i++) {
            body.append(piece.bytes().toString(runs.start(i), runs.length(i), StandardCharsets.UTF_8));
        }
        piece.bytes().release();
    }

    @Override
    public void append(ByteBuf bytes) {
        body.append(bytes.toString(StandardCharsets.UTF_8));
        bytes.release();
    }

    @Override
    public boolean canAppend() {
        return canAppend;
    }

    @Override
    public void flush() {
        flushes++;
        onFlush.run();
    }

    @Override
    public void end() {
        end = "ended";
    }

    @Override
    public void abort() {
        end = "aborted";
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
    public void readBody() {
        reads++;
    }

    @Override
    public void closeNow() {
        end = "closed";
    }

    @Override
    public String protocol() {
        return "fake";
    }

    @Override
    public ResponseSink response() {
        return this;
    }
}
