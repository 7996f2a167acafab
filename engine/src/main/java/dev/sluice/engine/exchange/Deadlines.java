// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import java.util.concurrent.TimeUnit;

/**
 * The deadlines of one exchange, looked at four times a second. Which of them counts follows from where the exchange
 * stands; nothing has to be set or cleared on the event path.
 */
final class Deadlines implements Tickable {
    /** After the grace, a body must have come at this pace or better. */
    private static final long BODY_BYTES_PER_SECOND = 1024;
    /** How long an upstream may take to end a body whose terminal event has come. */
    private static final long AFTER_TERMINAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Exchange exchange;
    private final TimeoutConfig timeouts;
    private final long startNanos;
    private long lastTickNanos;
    private long waitedForBodyNanos;
    private long stalledSinceNanos;
    private long stalledAtBytes = -1;
    private long lastTakenBytes = -1;
    private long takenSinceNanos;
    private long terminalSinceNanos;

    Deadlines(Exchange exchange, TimeoutConfig timeouts, long startNanos) {
        this.exchange = exchange;
        this.timeouts = timeouts;
        this.startNanos = startNanos;
        lastTickNanos = startNanos;
    }

    @Override
    public void onTick(long nowNanos) {
        long sinceLastTick = nowNanos - lastTickNanos;
        lastTickNanos = nowNanos;
        long wholeNanos = timeouts.exchange().toNanos();
        if (wholeNanos > 0 && nowNanos - startNanos > wholeNanos) {
            exchange.onExchangeTimeout();
            return;
        }
        switch (exchange.state()) {
            case AUTHENTICATING -> {
                if (exchange.places() != null && exchange.places().isWaiting()) {
                    exchange.places().onTick(nowNanos);
                } else if (isOver(startNanos, nowNanos, timeouts.requestHead().toNanos())) {
                    exchange.refuse(RelayException.of(ErrorCode.RELAY_INTERNAL,
                            "The caller could not be identified in time"));
                }
            }
            case PLANNING, CONNECTING, FORWARDING -> onTickBeforeCommit(nowNanos, sinceLastTick);
            case RELAYING -> onTickWhileRelaying(nowNanos);
            case DRAINING -> {
                if (isOver(exchange.responseSide().lastReadNanos(), nowNanos, timeouts.betweenReads().toNanos())) {
                    exchange.onTimeout(ErrorCode.UPSTREAM_IDLE);
                }
            }
            default -> { } // over
        }
    }

    private void onTickBeforeCommit(long nowNanos, long sinceLastTick) {
        RequestSide request = exchange.requestSide();
        request.onTick(nowNanos);
        exchange.places().onTick(nowNanos);
        if (exchange.state().isTerminal() || exchange.places().isWaiting()) {
            return;
        }
        if (request.isWaitingForBody()) {
            waitedForBodyNanos += sinceLastTick;
            long graceNanos = timeouts.bodyGrace().toNanos();
            long paceBytes = TimeUnit.NANOSECONDS.toSeconds(waitedForBodyNanos) * BODY_BYTES_PER_SECOND;
            if (waitedForBodyNanos > graceNanos && request.receivedBytes() < paceBytes) {
                exchange.refuseAndCancel(RelayException.of(ErrorCode.DOWNSTREAM_TOO_SLOW, "body: slower than "
                        + BODY_BYTES_PER_SECOND + " bytes a second (expected: at least that)"));
            }
            return;
        }
        if (request.attempts().isWaitingToRetry()) {
            return; // not for long
        }
        ResponseSide response = exchange.responseSide();
        if (response.hasHead()) {
            boolean isSilent = response.isCollecting()
                    ? isOver(response.lastReadNanos(), nowNanos, timeouts.betweenReads().toNanos())
                    : isOver(response.headNanos(), nowNanos, timeouts.firstEvent().toNanos());
            if (isSilent) {
                exchange.onTimeout(ErrorCode.UPSTREAM_TIMEOUT);
            }
        } else if (request.isSent()) {
            if (isOver(request.attempts().sentNanos(), nowNanos, timeouts.responseHead().toNanos())) {
                exchange.onTimeout(ErrorCode.UPSTREAM_TIMEOUT);
            } else {
                request.attempts().hedgeIfLate(nowNanos);
            }
        } else if (request.attempts().isForwarding()) {
            onTickWhileForwarding(request, nowNanos);
        } else if (exchange.state() == ExchangeState.PLANNING
                && isOver(startNanos, nowNanos, timeouts.responseHead().toNanos())) {
            exchange.onTimeout(ErrorCode.UPSTREAM_TIMEOUT); // all waits there have limits of their own
        } else if (exchange.state() == ExchangeState.CONNECTING
                && isOver(request.attempts().startedNanos(), nowNanos, timeouts.responseHead().toNanos())) {
            exchange.onTimeout(ErrorCode.UPSTREAM_TIMEOUT); // connecting has limits of its own: this is the last resort
        }
    }

    /** An upstream may take a large body slowly, as long as it takes any of it. */
    private void onTickWhileForwarding(RequestSide request, long nowNanos) {
        long takenBytes = request.attempts().takenBytes();
        if (takenBytes != lastTakenBytes) {
            lastTakenBytes = takenBytes;
            takenSinceNanos = nowNanos;
        } else if (isOver(takenSinceNanos, nowNanos, timeouts.responseHead().toNanos())) {
            exchange.onTimeout(ErrorCode.UPSTREAM_TIMEOUT);
        }
    }

    private void onTickWhileRelaying(long nowNanos) {
        ResponseSide response = exchange.responseSide();
        if (!response.isTerminalOld()) {
            terminalSinceNanos = nowNanos;
        } else if (isOver(terminalSinceNanos, nowNanos, AFTER_TERMINAL_NANOS) && !response.isPaused()) {
            response.endAfterTerminal();
            return;
        }
        if (!response.isPaused()) {
            stalledAtBytes = -1;
            if (isOver(response.lastReadNanos(), nowNanos, timeouts.betweenReads().toNanos())) {
                exchange.onTimeout(ErrorCode.UPSTREAM_IDLE);
            } else {
                response.keepAliveIfSilent(nowNanos);
            }
            return;
        }
        long pendingBytes = response.pendingBytes();
        if (pendingBytes != stalledAtBytes) {
            stalledAtBytes = pendingBytes;
            stalledSinceNanos = nowNanos;
        } else if (isOver(stalledSinceNanos, nowNanos, timeouts.writeStall().toNanos())) {
            exchange.onDownstreamStalled();
        }
    }

    private static boolean isOver(long sinceNanos, long nowNanos, long limitNanos) {
        return nowNanos - sinceNanos > limitNanos;
    }
}
