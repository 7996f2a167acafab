// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.config.RouteConfig.DownstreamLeave;
import dev.sluice.engine.downstream.ResponseHead;
import dev.sluice.engine.downstream.ResponseWriter;
import dev.sluice.engine.event.ResponseHeaders;
import dev.sluice.engine.event.ResponseRelay;
import dev.sluice.engine.event.StreamTerminator;
import dev.sluice.engine.plan.Plan;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.KeepAliveEvent;
import dev.sluice.protocol.event.ResponseCollector;
import dev.sluice.protocol.framing.TransferScanner;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Instant;

/** The way of an exchange's response: from an attempt to the downstream. */
final class ResponseSide {
    /** How much may follow a terminal event before the answer is ended here. */
    private static final int MAX_BYTES_AFTER_TERMINAL = 64 * 1024;

    private final Exchange exchange;
    private final RelayCore core;
    private final Setup setup;
    private final LoopContext loop;
    private final ResponseWriter target;

    private ResponseHead head;
    private ResponseRelay relay;
    private CollectedAnswer collected;
    /** Whose answer goes out; null before the commit. */
    private Attempt answering;
    private boolean isIdTold;
    private boolean isPaused;
    private boolean isErrorEarly;
    private long terminalAtBytes = -1;
    private long headNanos;
    private long lastReadNanos;
    private long bytesBeforeDrain;
    private boolean isKeptAlive;
    private long keptAliveNanos;

    ResponseSide(Exchange exchange, RelayCore core, Setup setup, LoopContext loop, ResponseWriter target) {
        this.exchange = exchange;
        this.core = core;
        this.setup = setup;
        this.loop = loop;
        this.target = target;
    }

    void onHead(ResponseHead received) {
        int status = received.status().code();
        boolean isOurFault = status == 401 || status == 403;
        Attempt attempt = exchange.requestSide().attempt();
        if (isOurFault && attempt.connection().endpoint().hasCredentials()) {
            exchange.refuseAndCancel(RelayException.of(ErrorCode.UPSTREAM_AUTH_FAILED,
                    "The upstream refused the relay's credentials"));
            return;
        }
        if (status / 100 == 3 && status != 304) {
            exchange.refuseAndCancel(RelayException.of(ErrorCode.UPSTREAM_MALFORMED,
                    "The upstream answered with a redirect, which is never followed"));
            return;
        }
        if (exchange.requestSide().attempts().retryElsewhere(received)) {
            return;
        }
        if (status / 100 == 2) {
            exchange.requestSide().onAccepted(received.headers());
        }
        if (!exchange.requestSide().isSent() && status / 100 != 2) {
            exchange.requestSide().stop(); // an early error: there is no use in sending the rest
            isErrorEarly = true;
        }
        headNanos = loop.ticker().nanoTime();
        lastReadNanos = headNanos;
        relay = new ResponseRelay(received, loop.recorder(), core.clock(), loop.scratch(),
                loop.scanners());
        head = ResponseHeaders.passedOn(received, exchange.requestSide().plan(), exchange.id(), relay.isEventStream());
    }

    void onBody(ByteBuf read, TransferScanner frame) {
        lastReadNanos = loop.ticker().nanoTime();
        if (exchange.state() == ExchangeState.DRAINING) {
            relay.relay(read, frame, null, lastReadNanos);
            if (relay.bodyBytes() - bytesBeforeDrain > setup.limits().drainBytes()) {
                relay.flush(null);
                exchange.requestSide().attempt().cancel();
                exchange.finish(ExchangeEnd.DOWNSTREAM_LEFT, null);
            }
            return;
        }
        if (!exchange.state().isResponseCommitted()) {
            if (isTooEarly()) {
                read.release();
                refuseEarly();
                return;
            }
            if (isCollected()) {
                collect(read, frame);
                return;
            }
            if (frame.runs().count() == 0) {
                read.release(); // framing only: nothing of it is passed on before the first byte of its chunk
                return;
            }
            commit();
        }
        relay.relay(read, frame, target, lastReadNanos);
        if (terminalAtBytes >= 0 && relay.bodyBytes() - terminalAtBytes > MAX_BYTES_AFTER_TERMINAL) {
            endAfterTerminal();
        }
    }

    /** Whether the downstream wants one document and the upstream has only events. */
    private boolean isCollected() {
        if (collected == null && relay.isEventStream() && exchange.requestSide().collects()) {
            collected = new CollectedAnswer(setup.limits().maxHeldBytes(), core.bodies());
            exchange.requestSide().giveUpReplay();
        }
        return collected != null;
    }

    private void collect(ByteBuf read, TransferScanner frame) {
        ResponseCollector.Answer answer;
        try {
            answer = collected.add(read, frame.runs(), loop.scratch());
        } catch (RelayException tooMuch) {
            read.release();
            exchange.refuseAndCancel(tooMuch);
            return;
        }
        relay.relay(read, frame, null, lastReadNanos);
        relay.flush(null);
        tellId();
        if (answer != null) {
            answerCollected(answer);
        }
    }

    private void endCollected() {
        ResponseCollector.Answer answer;
        try {
            answer = collected.end();
        } catch (RelayException tooMuch) {
            exchange.refuse(tooMuch);
            return;
        }
        answerCollected(answer);
    }

    private void answerCollected(ResponseCollector.Answer answer) {
        head = CollectedAnswer.head(head, answer);
        Attempt attempt = exchange.requestSide().attempt();
        exchange.beginEnd();
        target.writeHead(head);
        target.append(Unpooled.wrappedBuffer(answer.body()));
        target.end();
        exchange.finish(answer.isWhole() ? ExchangeEnd.COMPLETED : ExchangeEnd.UPSTREAM_LOST, answer.error());
        attempt.finishAlone();
    }

    /** Notes that the terminal event has come; returns whether it had come before. */
    boolean isTerminalOld() {
        if (!relay.isTerminalSeen()) {
            return false;
        }
        boolean wasKnown = terminalAtBytes >= 0;
        if (!wasKnown) {
            terminalAtBytes = relay.bodyBytes();
        }
        return wasKnown;
    }

    /** The answer is complete and its upstream does not end it. */
    void endAfterTerminal() {
        relay.endOfBody();
        Attempt attempt = exchange.requestSide().attempt();
        attempt.cancel();
        exchange.beginEnd();
        if (target.canAppend()) {
            target.end();
        } else {
            target.abort(); // inside a chunk of the upstream's: there is no clean end to write
        }
        exchange.finish(ExchangeEnd.COMPLETED, null);
    }

    /** Whether this is the head of a success and the request is not complete: nothing of it may go downstream yet. */
    private boolean isTooEarly() {
        return head != null && !isErrorEarly && !exchange.requestSide().isSent();
    }

    private void refuseEarly() {
        exchange.refuseAndCancel(RelayException.of(ErrorCode.UPSTREAM_MALFORMED,
                "The upstream answered before the request was complete"));
    }

    /** The request is complete: an answer that came early may go on. */
    void onRequestSent() {
        if (head != null) {
            headNanos = loop.ticker().nanoTime();
            readOn();
        }
    }

    private void commit() {
        exchange.moveTo(ExchangeState.RELAYING);
        exchange.requestSide().onCommitted();
        exchange.requestSide().attempts().onAnswerBegun(lastReadNanos);
        target.writeHead(head);
        head = head.withoutHeaders();
        answering = exchange.requestSide().attempt();
    }

    void onReadComplete() {
        ExchangeState state = exchange.state();
        if (state.isTerminal()) {
            return;
        }
        if (state == ExchangeState.DRAINING) {
            relay.flush(null);
            exchange.requestSide().attempt().connection().read(0);
            return;
        }
        if (state == ExchangeState.RELAYING) {
            relay.flush(target);
            tellId();
        }
        readOn();
    }

    /** Once: from read to read nothing of the request is touched, which with many streams would not be in a cache. */
    private void tellId() {
        if (!isIdTold && relay.responseId() != null) {
            isIdTold = true;
            exchange.requestSide().onResponseId(relay.responseId());
        }
    }

    /** Adds an event that says nothing to a stream that has been silent for as long as its route allows. */
    void keepAliveIfSilent(long nowNanos) {
        long silenceNanos = exchange.requestSide().plan().route().keepAlive().toNanos();
        if (silenceNanos == 0 || nowNanos - lastReadNanos < silenceNanos
                || isKeptAlive && nowNanos - keptAliveNanos < silenceNanos || !relay.isEventStream()
                || !target.canAppend()) {
            return;
        }
        byte[] event = KeepAliveEvent.of(relay.observer());
        if (event != null) {
            isKeptAlive = true;
            keptAliveNanos = nowNanos;
            target.append(Unpooled.wrappedBuffer(event));
            target.flush();
        }
    }

    private void readOn() {
        ExchangeState state = exchange.state();
        boolean isRelaying = state == ExchangeState.RELAYING; // then it was not too early before, and is not now
        if (state.isTerminal() || !isRelaying && isTooEarly()) {
            return; // the flush found the downstream gone, or what comes next could not be passed on
        }
        if (isRelaying && !target.isWritable()) {
            isPaused = true;
            return;
        }
        Attempt attempt = answering != null ? answering : exchange.requestSide().attempt();
        if (attempt.connection() != null && !attempt.isOver()) {
            attempt.connection().read(target.pendingBytes());
        }
    }

    void onWritabilityChanged() {
        if (isPaused && target.isWritable()) {
            isPaused = false;
            lastReadNanos = loop.ticker().nanoTime(); // silence counts from here: it was ours until now
            readOn();
        }
    }

    void onEnd(boolean isByClose) {
        relay.endOfBody();
        tellId();
        if (exchange.state() == ExchangeState.DRAINING) {
            exchange.finish(ExchangeEnd.DOWNSTREAM_LEFT, null);
            return;
        }
        if (!exchange.state().isResponseCommitted() && isTooEarly()) {
            refuseEarly();
            return;
        }
        if (!exchange.state().isResponseCommitted() && isCollected()) {
            endCollected();
            return;
        }
        if (!relay.isComplete(isByClose)) {
            onLost(ErrorCode.UPSTREAM_TRUNCATED);
            return;
        }
        if (!exchange.state().isResponseCommitted()) {
            commit();
        }
        exchange.beginEnd();
        target.end();
        exchange.finish(ExchangeEnd.COMPLETED, null);
    }

    /** The upstream is lost and no other attempt will be made. */
    void onLost(ErrorCode cause) {
        if (exchange.state() == ExchangeState.DRAINING) {
            relay.endOfBody();
            exchange.finish(ExchangeEnd.DOWNSTREAM_LEFT, null);
            return;
        }
        if (!exchange.state().isResponseCommitted()) {
            boolean isCut = cause == ErrorCode.UPSTREAM_CLOSED && relay != null && isCollected();
            ErrorCode told = isCut ? ErrorCode.UPSTREAM_TRUNCATED : cause;
            exchange.refuse(RelayException.of(told, messageOf(told)));
            return;
        }
        relay.endOfBody();
        exchange.beginEnd();
        StreamTerminator.end(target, relay, exchange.requestSide().plan().route().onUpstreamLoss(), cause,
                Instant.now().getEpochSecond());
        exchange.finish(ExchangeEnd.UPSTREAM_LOST, cause.code());
    }

    private static String messageOf(ErrorCode cause) {
        return switch (cause) {
            case UPSTREAM_MALFORMED -> "The upstream's response is malformed";
            case UPSTREAM_TRUNCATED -> "The upstream ended its event stream before a terminal event";
            case UPSTREAM_TIMEOUT -> "The upstream did not answer in time";
            default -> "The upstream closed the connection before it answered";
        };
    }

    /** The downstream has left after the commit. */
    void onDownstreamClosed() {
        relay.flush(null);
        Attempt attempt = exchange.requestSide().attempt();
        Plan plan = exchange.requestSide().plan();
        if (relay.isTerminalSeen()) {
            exchange.finish(ExchangeEnd.COMPLETED, null); // it had all that it wanted
            attempt.finishAlone();
        } else if (!attempt.isOver() && plan.route().onDownstreamLeave() == DownstreamLeave.DRAIN
                && setup.limits().drainBytes() > 0) {
            exchange.moveTo(ExchangeState.DRAINING);
            bytesBeforeDrain = relay.bodyBytes();
            isPaused = false;
            attempt.connection().read(0);
        } else {
            attempt.cancel();
            exchange.finish(ExchangeEnd.DOWNSTREAM_LEFT, null);
        }
    }

    /** Returns what was relayed, or null before there is a response. */
    ResponseRelay relay() {
        return relay;
    }

    /** Returns the status that was or would be sent; 0 before there is a response. */
    int status() {
        return head == null ? 0 : head.status().code();
    }

    boolean isPaused() {
        return isPaused;
    }

    /** Returns whether the answer that goes out is an attempt's. */
    boolean isAnsweredBy(Attempt attempt) {
        return answering == attempt;
    }

    long headNanos() {
        return headNanos;
    }

    long lastReadNanos() {
        return lastReadNanos;
    }

    boolean isCollecting() {
        return collected != null;
    }

    /** Another attempt is made: its head will be another one. */
    void forgetHead() {
        if (relay != null) {
            relay.release();
            relay = null;
        }
        isIdTold = false;
        head = null;
        isErrorEarly = false;
    }

    boolean hasHead() {
        return head != null;
    }

    long pendingBytes() {
        return target.pendingBytes();
    }

    void release() {
        if (collected != null) {
            collected.release();
        }
        if (relay != null) {
            relay.release();
        }
    }
}
