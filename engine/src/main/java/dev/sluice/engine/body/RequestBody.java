// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.body;

import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.http.UpstreamConnection;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.request.RequestFacts;
import dev.sluice.protocol.request.RequestScanner;
import dev.sluice.protocol.rewrite.BodyRewriter;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * The body of one request on its way upstream.
 *
 * <p>It is scanned before any of it is forwarded, read by read. What is known to be wrong is never forwarded, so an
 * upstream never receives a complete request that would have been refused. Up to {@link LimitConfig#holdBytes} it is
 * held until it is complete; longer ones are cut through as soon as they are planned.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> takes what arrives; {@link #release} gives back
 * whatever is still here.
 */
public final class RequestBody {
    /** How much of a body is still scanned, after a rule was broken, for a worse fault. */
    private static final int MAX_SCANNED_AFTER_FAULT = 64 * 1024;
    /** How much is handed to a connection before it is asked again whether it takes more. */
    private static final int STEP_BYTES = 64 * 1024;
    /**
     * How much is kept of a sent body that is known to be too long to be kept whole: what goes out before a kept
     * connection that is gone already is found to be. To keep more cost a seventh of the time of such a request.
     */
    private static final long MAX_KEPT_OF_TOO_LONG = 256 * 1024;

    private RequestScanner scanner;
    private final LimitConfig limits;
    private final MemoryBudget budget;
    private final long declaredBytes;
    private final long replayBytes;
    private final BodyRewriter rewriter = new BodyRewriter();
    private final List<ByteBuf> sent = new ArrayList<>(2);

    private long receivedBytes;
    private long settledBytes;
    private long sentBytes;
    private long reservedBytes;
    private RelayException fault;
    private long faultAt;
    private boolean isPlanned;
    private boolean needsLength;
    private boolean isEnded;
    private boolean isReplayable = true;
    private UpstreamConnection target;

    /**
     * @param scanner       this body's alone until it gives it back; null for a body that is not looked at
     * @param limits        bounds
     * @param budget        of all bodies of the relay together
     * @param declaredBytes the Content-Length, or -1
     */
    public RequestBody(RequestScanner scanner, LimitConfig limits, MemoryBudget budget, long declaredBytes) {
        this.scanner = scanner;
        this.limits = limits;
        this.budget = budget;
        this.declaredBytes = declaredBytes;
        replayBytes = declaredBytes > limits.replayBytes() ? Math.min(limits.replayBytes(), MAX_KEPT_OF_TOO_LONG)
                : limits.replayBytes();
        if (scanner != null) {
            scanner.reset(rewriter);
        }
    }

    /**
     * Takes the next bytes.
     *
     * @throws RelayException where the request must be refused now
     */
    public void add(ByteBuf bytes) {
        int from = bytes.readerIndex();
        int to = bytes.writerIndex();
        int count = to - from;
        receivedBytes += count;
        try {
            checkSize();
            reserve(count);
            rewriter.append(bytes.retain()); // before the scan: a rule may need what it stands in
            if (scanner != null) {
                scanner.feed(bytes, from, to);
                noteFault(scanner.violation());
            }
            settle();
        } finally {
            bytes.release();
        }
        if (fault != null && receivedBytes - faultAt > MAX_SCANNED_AFTER_FAULT) {
            throw worstFault();
        }
    }

    /** A rule of the body goes before whatever was found about its route. */
    private RelayException worstFault() {
        return scanner != null && scanner.violation() != null ? scanner.violation() : fault;
    }

    /** Finds how far the body may be sent. */
    private void settle() {
        if (fault == null && isPlanned) {
            settledBytes = scanner == null ? receivedBytes : scanner.settle();
        }
    }

    private void checkSize() {
        if (receivedBytes > limits.maxBodyBytes()) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, "body: over " + limits.maxBodyBytes()
                    + " bytes (expected: at most that)");
        }
        if (receivedBytes <= limits.maxHeldBytes()) {
            return;
        }
        if (fault != null) {
            throw worstFault(); // it would only be held for a worse one
        }
        if (!isPlanned) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, "model: not within the first "
                    + limits.maxHeldBytes() + " bytes of the body (expected: earlier, or a smaller body)");
        }
        if (receivedBytes - settledBytes > limits.maxHeldBytes()) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, "body: over " + limits.maxHeldBytes()
                    + " bytes that cannot be sent before what follows them is known (expected: a smaller body)");
        }
        if (isLengthAwaited()) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, "body: over " + limits.maxHeldBytes()
                    + " bytes in chunks, for an upstream that must be told its length (expected: Content-Length)");
        }
    }

    /** Whether the body must be held to its end because only then its length is known. */
    private boolean isLengthAwaited() {
        return needsLength && (declaredBytes < 0 || !isLengthSettled());
    }

    private boolean isLengthSettled() {
        return scanner == null || scanner.isLengthSettled();
    }

    private void reserve(int count) {
        if (!budget.tryReserve(count) && !giveUpReplayFor(count)) {
            throw RelayException.of(ErrorCode.RELAY_OVERLOADED, "The relay holds as many request bodies as it may");
        }
        reservedBytes += count;
    }

    private boolean giveUpReplayFor(int count) {
        giveUpReplay();
        return budget.tryReserve(count);
    }

    /** Remembers a fault that is reported at the end of the document. */
    private void noteFault(RelayException found) {
        if (found != null && fault == null) {
            fault = found;
            faultAt = receivedBytes;
        }
    }

    /** Refuses the body at its end, unless something worse is found before; nothing more of it is forwarded. */
    public void refuseLater(RelayException refusal) {
        noteFault(refusal);
        if (isEnded) {
            throw refusal;
        }
    }

    /**
     * Says that all of it has arrived.
     *
     * @throws RelayException where the request must be refused
     */
    public void end() {
        if (scanner != null) {
            scanner.end();
        }
        if (fault != null) {
            throw fault;
        }
        isEnded = true;
        settledBytes = receivedBytes;
    }

    /** Returns the fields that decide routing, as far as they have arrived. */
    public RequestFacts facts() {
        return scanner == null ? RequestFacts.none() : scanner.facts();
    }

    /** Returns whether the model is known and nothing is wrong, so that the exchange can be planned. */
    public boolean isPlannable() {
        return !isPlanned && fault == null && facts().model() != null;
    }

    /**
     * Fixes what becomes of the body. From here on it may be forwarded.
     *
     * @param upstreamModel the model to ask for; null to leave it
     * @param mustTellLength whether the upstream must be told the length
     */
    public void plan(String upstreamModel, boolean mustTellLength) {
        isPlanned = true;
        needsLength = mustTellLength;
        if (scanner != null) {
            scanner.plan(upstreamModel);
        }
        settle();
    }

    /**
     * Scans what has come once more, by other rules, and goes on with them; before the plan.
     *
     * @param other this body's alone until it gives it back
     * @return the scanner that is not needed any more
     * @throws RelayException where the body must be refused now
     */
    public RequestScanner rescan(RequestScanner other) {
        RequestScanner before = scanner;
        scanner = other;
        other.reset(rewriter);
        rewriter.forEachHeld(other::feed);
        noteFault(other.violation());
        if (isEnded) {
            other.end();
        }
        return before;
    }

    /** Returns whether forwarding may begin. */
    public boolean isReady() {
        if (!isPlanned || fault != null) {
            return false;
        }
        return isEnded || (receivedBytes > limits.holdBytes() || scanner == null) && settledBytes > 0
                && !isLengthAwaited();
    }

    /** Returns the length to tell the upstream, or -1 where the body goes in chunks. */
    public long lengthToSend() {
        if (isEnded) {
            return receivedBytes + rewriter.delta();
        }
        return declaredBytes < 0 || !isLengthSettled() ? -1 : declaredBytes + rewriter.delta();
    }

    /** Begins an attempt: everything that an earlier one was sent goes first. */
    public void sendTo(UpstreamConnection connection) {
        target = connection;
        for (ByteBuf bytes : sent) {
            connection.writeBody(bytes.retainedDuplicate());
        }
    }

    /** Forwards as much as the upstream takes; returns whether the request is complete with that. */
    public boolean pump() {
        if (fault != null) {
            return false;
        }
        boolean isStuck = false;
        while (rewriter.heldBytes() > 0 && target.isWritable() && !isStuck) {
            long before = rewriter.heldBytes();
            rewriter.drainSome(settledBytes, STEP_BYTES, this::send);
            target.flush();
            isStuck = rewriter.heldBytes() == before;
        }
        unreserve();
        return isEnded && rewriter.heldBytes() == 0;
    }

    private void send(ByteBuf bytes) {
        sentBytes += bytes.readableBytes();
        if (isReplayable && sentBytes > replayBytes) {
            giveUpReplay();
        }
        if (isReplayable) {
            sent.add(bytes.retainedDuplicate());
        }
        target.writeBody(bytes);
    }

    /** Forgets what was sent: no other attempt will be made. */
    public void giveUpReplay() {
        isReplayable = false;
        for (ByteBuf bytes : sent) {
            bytes.release();
        }
        sent.clear();
        unreserve();
    }

    /** Returns whether everything that was sent can be sent again. */
    public boolean isReplayable() {
        return isReplayable;
    }

    /** Returns whether all of it has arrived and is valid. */
    public boolean isEnded() {
        return isEnded;
    }

    /** Returns how many bytes have arrived. */
    public long receivedBytes() {
        return receivedBytes;
    }

    /** Returns how many bytes have been handed to the connection. */
    public long sentBytes() {
        return sentBytes;
    }

    /** Gives the scanner up, for the body is not looked into any more; returns it, or null where there is none. */
    public RequestScanner detachScanner() {
        RequestScanner detached = scanner;
        scanner = null;
        return detached;
    }

    /** Returns the scanner; null where there is none. */
    public RequestScanner scanner() {
        return scanner;
    }

    /** Releases everything; idempotent. */
    public void release() {
        rewriter.release();
        giveUpReplay();
    }

    /** Gives back what is neither held nor kept any more. */
    private void unreserve() {
        long kept = isReplayable ? receivedBytes : rewriter.heldBytes();
        long released = reservedBytes - Math.min(reservedBytes, kept);
        budget.release(released);
        reservedBytes -= released;
    }
}
