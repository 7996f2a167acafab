// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

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
 * The body of one request, on its way upstream.
 *
 * <p>The body is scanned before any of it is forwarded, read by read. Bytes that are known to be invalid are never
 * forwarded, so that an upstream never receives a complete request that should have been refused. A body of up to
 * {@link LimitConfig#holdBytes} is held until it is complete; a longer one is cut through as soon as it is planned.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> takes the bytes that arrive; {@link #release}
 * releases those that are still held.
 */
final class RequestBody {
    /** The number of bytes that are still scanned after a first fault, because a more important one may follow. */
    private static final int MAX_SCANNED_AFTER_FAULT = 64 * 1024;
    /** The number of bytes that are written to a connection between two checks of its writability. */
    private static final int STEP_BYTES = 64 * 1024;
    /**
     * The number of sent bytes that are kept of a body that is known to be too long to be kept completely. It covers
     * the bytes that are sent before a stale connection is detected. Keeping more cost a seventh of such a request's
     * time.
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
     * @param scanner       used by this body alone until it is detached; null for a body that is not scanned
     * @param limits        the bounds of bodies
     * @param budget        bounds the memory of all bodies of the relay
     * @param declaredBytes the Content-Length, or -1 if there is none
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
     * @throws RelayException if the request must be refused now
     */
    public void add(ByteBuf bytes) {
        int from = bytes.readerIndex();
        int to = bytes.writerIndex();
        int count = to - from;
        receivedBytes += count;
        try {
            checkSize();
            reserve(count);
            rewriter.append(bytes.retain()); // before the scan, because a rule may need the bytes around its match
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

    /** Returns the fault to report: a violation of a body rule takes precedence over a fault of the route. */
    private RelayException worstFault() {
        return scanner != null && scanner.violation() != null ? scanner.violation() : fault;
    }

    /** Updates the number of bytes that may be forwarded. */
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
            throw worstFault(); // do not hold more only to look for a more important fault
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
                    + " bytes in chunks, for an upstream that requires the length (expected: Content-Length)");
        }
    }

    /** Returns whether the body must be held to its end, because its length is not known before. */
    private boolean isLengthAwaited() {
        return needsLength && (declaredBytes < 0 || !isLengthSettled());
    }

    private boolean isLengthSettled() {
        return scanner == null || scanner.isLengthSettled();
    }

    private void reserve(int count) {
        if (!budget.tryReserve(count) && !giveUpReplayFor(count)) {
            throw RelayException.of(ErrorCode.RELAY_OVERLOADED, "The relay has no memory left for request bodies");
        }
        reservedBytes += count;
    }

    private boolean giveUpReplayFor(int count) {
        giveUpReplay();
        return budget.tryReserve(count);
    }

    /** Records a fault, to be reported at the end of the document. */
    private void noteFault(RelayException found) {
        if (found != null && fault == null) {
            fault = found;
            faultAt = receivedBytes;
        }
    }

    /** Refuses the body at its end, unless a more important fault is found before; nothing more of it is forwarded. */
    public void refuseLater(RelayException refusal) {
        noteFault(refusal);
        if (isEnded) {
            throw refusal;
        }
    }

    /**
     * Marks the body as complete.
     *
     * @throws RelayException if the request must be refused
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

    /** Returns the fields that decide the route, as far as they have arrived. */
    public RequestFacts facts() {
        return scanner == null ? RequestFacts.none() : scanner.facts();
    }

    /** Returns whether the model is known and no fault was found, so that the exchange can be planned. */
    public boolean isPlannable() {
        return !isPlanned && fault == null && facts().model() != null;
    }

    /**
     * Applies the plan. From here on the body may be forwarded.
     *
     * @param upstreamModel  the model to request upstream; null to keep the downstream's
     * @param mustTellLength whether the upstream must receive a Content-Length
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
     * Scans the received bytes again by other rules and continues with these; only before the plan.
     *
     * @param other used by this body alone until it is detached
     * @return the previous scanner, which is no longer needed
     * @throws RelayException if the body must be refused now
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

    /** Returns whether forwarding can begin. */
    public boolean isReady() {
        if (!isPlanned || fault != null) {
            return false;
        }
        return isEnded || (receivedBytes > limits.holdBytes() || scanner == null) && settledBytes > 0
                && !isLengthAwaited();
    }

    /** Returns the length to send as Content-Length, or -1 if the body is sent in chunks. */
    public long lengthToSend() {
        if (isEnded) {
            return receivedBytes + rewriter.delta();
        }
        return declaredBytes < 0 || !isLengthSettled() ? -1 : declaredBytes + rewriter.delta();
    }

    /** Starts an attempt: the bytes that an earlier attempt sent are written first. */
    public void sendTo(UpstreamConnection connection) {
        target = connection;
        for (int i = 0; i < sent.size(); i++) {
            ByteBuf bytes = sent.get(i);
            connection.writeBody(bytes.retainedDuplicate());
        }
    }

    /** Forwards as much as the upstream takes; returns whether the request is complete after that. */
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

    /** Releases the sent bytes that were kept, so that no other attempt can be made. */
    public void giveUpReplay() {
        isReplayable = false;
        for (int i = 0; i < sent.size(); i++) {
            ByteBuf bytes = sent.get(i);
            bytes.release();
        }
        sent.clear();
        unreserve();
    }

    /** Returns whether all bytes that were sent can be sent again. */
    public boolean isReplayable() {
        return isReplayable;
    }

    /** Returns whether the body is complete and valid. */
    public boolean isEnded() {
        return isEnded;
    }

    /** Returns the number of bytes that have arrived. */
    public long receivedBytes() {
        return receivedBytes;
    }

    /** Returns the number of bytes that were written to the connection. */
    public long sentBytes() {
        return sentBytes;
    }

    /** Detaches and returns the scanner, because the body is no longer scanned; null if there is none. */
    public RequestScanner detachScanner() {
        RequestScanner detached = scanner;
        scanner = null;
        return detached;
    }

    /** Returns the scanner, or null if there is none. */
    public RequestScanner scanner() {
        return scanner;
    }

    /** Releases everything; idempotent. */
    public void release() {
        rewriter.release();
        giveUpReplay();
    }

    /** Returns to the budget the memory of bytes that are no longer held or kept. */
    private void unreserve() {
        long kept = isReplayable ? receivedBytes : rewriter.heldBytes();
        long released = reservedBytes - Math.min(reservedBytes, kept);
        budget.release(released);
        reservedBytes -= released;
    }
}
