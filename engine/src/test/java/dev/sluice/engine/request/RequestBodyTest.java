// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.http.UpstreamConnection;
import dev.sluice.engine.http.UpstreamRequest;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.protocol.error.RelayException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The part of a sent body that is kept for a retry. No sockets, because an upstream's answer would race with the body
 * there.
 */
class RequestBodyTest {
    private static final int READ = 64 * 1024;
    private static final int REPLAY = 1024 * 1024;

    private final MemoryBudget budget = new MemoryBudget(16 * REPLAY);
    private final Upstream first = new Upstream();
    private final Upstream second = new Upstream();
    private RequestBody body;
    private byte next;

    @AfterEach
    void release() {
        body.release();
        assertEquals(0, budget.usedBytes());
        first.taken.release();
        second.taken.release();
    }

    private void begin(long declaredBytes, MemoryBudget memory) {
        body = new RequestBody(null, limits(), memory, declaredBytes);
        body.plan(null, false);
        body.sendTo(first);
    }

    private static LimitConfig limits() {
        LimitConfig base = LimitConfig.DEFAULT;
        return base.toBuilder().replayBytes(REPLAY).build();
    }

    private void send(int reads) {
        for (int i = 0; i < reads; i++) {
            ByteBuf read = Unpooled.buffer(READ);
            while (read.isWritable()) {
                read.writeByte(next);
            }
            next++;
            body.add(read);
            body.pump();
        }
    }

    @Test
    void shouldSendAgainWhatWasSent() {
        begin(4 * READ, budget);
        send(4);
        assertTrue(body.isReplayable());
        assertEquals(4 * READ, budget.usedBytes());
        body.sendTo(second);
        assertEquals(4 * READ, second.taken.readableBytes());
        assertEquals(first.taken, second.taken);
    }

    @Test
    void shouldKeepABodyAsLongAsTheLimit() {
        begin(REPLAY, budget);
        send(REPLAY / READ);
        assertTrue(body.isReplayable());
        assertEquals(REPLAY, budget.usedBytes());
    }

    @Test
    void shouldKeepTheBeginningAloneOfABodyKnownToBeTooLong() {
        begin(REPLAY + 1, budget);
        send(4);
        assertTrue(body.isReplayable(), "256 KiB");
        send(1);
        assertFalse(body.isReplayable(), "320 KiB");
        assertEquals(0, budget.usedBytes());
        assertEquals(5 * READ, first.taken.readableBytes());
    }

    @Test
    void shouldKeepABodyOfUnknownLengthUntilItIsTooLong() {
        begin(-1, budget);
        send(REPLAY / READ);
        assertTrue(body.isReplayable());
        send(1);
        assertFalse(body.isReplayable());
        assertEquals(0, budget.usedBytes());
    }

    @Test
    void shouldForgetWhatWasSentWhereMemoryIsShort() {
        MemoryBudget small = new MemoryBudget(3 * READ);
        begin(8 * READ, small);
        send(3);
        assertTrue(body.isReplayable());
        send(1);
        assertFalse(body.isReplayable());
        assertEquals(0, small.usedBytes());
    }

    @Test
    void shouldRefuseWhatCannotBeHeldNorSent() {
        MemoryBudget small = new MemoryBudget(3 * READ);
        begin(8 * READ, small);
        first.isFull = true;
        send(3);
        assertThrows(RelayException.class, () -> send(1));
        body.release();
        assertEquals(0, small.usedBytes());
    }

    /** An upstream connection that keeps every byte and is writable unless it is marked as full. */
    private static final class Upstream implements UpstreamConnection {
        final ByteBuf taken = Unpooled.buffer();
        boolean isFull;

        @Override
        public void writeHead(UpstreamRequest request) {
            throw new UnsupportedOperationException("heads");
        }

        @Override
        public void writeBody(ByteBuf bytes) {
            taken.writeBytes(bytes);
            bytes.release();
        }

        @Override
        public void endRequest() {
        }

        @Override
        public void flush() {
        }

        @Override
        public void read(long heldBytes) {
            throw new UnsupportedOperationException("answers");
        }

        @Override
        public boolean isWritable() {
            return !isFull;
        }

        @Override
        public long pendingBytes() {
            return 0;
        }

        @Override
        public void cancel() {
        }

        @Override
        public String protocol() {
            return "http/1.1";
        }

        @Override
        public boolean isReused() {
            return false;
        }
    }
}
