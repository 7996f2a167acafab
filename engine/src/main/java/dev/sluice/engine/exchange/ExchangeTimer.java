// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.loop.Tickable;
import dev.sluice.engine.request.Attempt;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;

/** The timer of an exchange: it checks the deadlines at each tick and handles those that have passed. */
final class ExchangeTimer implements Tickable {
    private final ExchangeContext exchange;
    private final ExchangeEnding ending;
    private ExchangeProgress progress; // null until the first tick, which most exchanges do not reach

    ExchangeTimer(ExchangeContext exchange, ExchangeEnding ending) {
        this.exchange = exchange;
        this.ending = ending;
    }

    @Override
    public void onTick(long nowNanos) {
        if (progress == null) {
            progress = new ExchangeProgress(exchange);
        }
        progress.sample(nowNanos);
        if (exchange.isRevoked()) {
            cut(ExchangeEnd.KEY_REVOKED);
            return;
        }
        Overdue overdue = Deadlines.find(exchange.life.state(), progress, nowNanos);
        if (overdue != null) {
            onOverdue(overdue, nowNanos);
        }
    }

    private void onOverdue(Overdue overdue, long nowNanos) {
        switch (overdue) {
            case EXCHANGE -> onTimeout(ErrorCode.UPSTREAM_TIMEOUT, false);
            case IDENTIFICATION -> ending.refuse(RelayException.of(ErrorCode.RELAY_INTERNAL,
                    "The caller could not be identified in time"));
            case QUOTA -> exchange.admission.giveUpQuota();
            case ADMISSION -> ending.refuse(RelayException.of(ErrorCode.RELAY_OVERLOADED,
                    "The relay has reached its limit of requests in flight, and no permit came free in time"));
            case OWNER -> exchange.requestPath.giveUpOwner();
            case REQUEST_BODY -> ending.refuse(RelayException.of(ErrorCode.DOWNSTREAM_TOO_SLOW, "body: slower than "
                    + ExchangeProgress.BODY_BYTES_PER_SECOND + " bytes a second (expected: at least that)"));
            case UPSTREAM -> onTimeout(ErrorCode.UPSTREAM_TIMEOUT, true);
            case UPSTREAM_IDLE -> onTimeout(ErrorCode.UPSTREAM_IDLE, true);
            case HEDGE -> exchange.requestPath.attempts().hedge(nowNanos);
            case KEEP_ALIVE -> exchange.responsePath.relayed().keepAlive();
            case END_AFTER_TERMINAL -> exchange.responsePath.relayed().endAfterTerminal();
            case DOWNSTREAM_STALLED -> cut(ExchangeEnd.DOWNSTREAM_STALLED);
        }
    }

    private void cut(ExchangeEnd end) {
        ending.stopRequest();
        ending.finish(end, null);
        exchange.source.closeNow();
    }

    /**
     * Ends an exchange that takes too long, or tries another endpoint.
     *
     * @param isUpstreams whether only the upstream can be late; otherwise the downstream may have sent its request
     *                    slowly
     */
    private void onTimeout(ErrorCode code, boolean isUpstreams) {
        if (exchange.requestPath == null) {
            ending.refuse(RelayException.of(ErrorCode.UPSTREAM_TIMEOUT, "The exchange took too long"));
            return;
        }
        Attempt late = exchange.attempt();
        if (late != null && !exchange.life.state().isCommitted()) {
            if (isUpstreams || late.isSent()) {
                late.recordTimeout();
            }
            if (isUpstreams && exchange.requestPath.attempts().retryAfterTimeout()) {
                return;
            }
        }
        exchange.requestPath.attempts().cancel();
        exchange.responsePath.onLost(code);
    }
}
