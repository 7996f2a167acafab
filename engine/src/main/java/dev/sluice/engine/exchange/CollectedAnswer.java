// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.downstream.ResponseHead;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.ResponseCollector;
import dev.sluice.protocol.framing.BodyRuns;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;

/** An event stream on its way to become one document, within the memory that bodies may take. */
final class CollectedAnswer {
    /** Headers that say something of the stream's bytes, which nobody gets. */
    private static final List<String> OF_THE_STREAM = List.of("cache-control", "x-accel-buffering", "etag", "digest",
            "content-digest", "repr-digest", "content-md5", "accept-ranges", "last-modified");

    private final ResponseCollector collector;
    private final MemoryBudget budget;
    private long reservedBytes;

    CollectedAnswer(long maxBytes, MemoryBudget budget) {
        collector = new ResponseCollector(maxBytes);
        this.budget = budget;
    }

    /**
     * Looks at the body bytes of one read; borrows it.
     *
     * @return the answer, or null while it is not complete
     * @throws RelayException where it takes more than it may
     */
    ResponseCollector.Answer add(ByteBuf read, BodyRuns runs, byte[] scratch) {
        collector.add(read, runs, scratch);
        long more = collector.keptBytes() - reservedBytes;
        if (more > 0 && !budget.tryReserve(more)) {
            throw RelayException.of(ErrorCode.RELAY_OVERLOADED, "The relay holds as many bodies as it may");
        }
        reservedBytes += Math.max(0, more);
        return collector.answer();
    }

    /** Returns the answer of a stream that has ended. */
    ResponseCollector.Answer end() {
        return collector.end();
    }

    /** Returns the head that goes before an answer. */
    static ResponseHead head(ResponseHead received, ResponseCollector.Answer answer) {
        HttpHeaders headers = received.headers();
        OF_THE_STREAM.forEach(headers::remove);
        headers.set("content-type", "application/json");
        return new ResponseHead(HttpResponseStatus.valueOf(answer.status()), headers, answer.body().length);
    }

    /** Gives back what it has reserved; idempotent. */
    void release() {
        budget.release(reservedBytes);
        reservedBytes = 0;
    }
}
